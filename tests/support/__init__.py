"""What tests share: the program as a process, people in Telegram, sample frames, scenario readers."""
