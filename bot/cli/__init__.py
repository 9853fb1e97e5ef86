"""One file a group of console commands."""
