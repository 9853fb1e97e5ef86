"""The Bot API: requests read and checked as Telegram does, methods, and answers."""
