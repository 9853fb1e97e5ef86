"""Rules: numbers in, transitions out; no I/O."""
