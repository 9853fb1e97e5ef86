"""What the market did, and whether a rule fires on it. Knows nothing of storage, of Telegram, or of the time."""
