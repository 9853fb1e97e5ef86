"""Pure: values → Telegram HTML."""
