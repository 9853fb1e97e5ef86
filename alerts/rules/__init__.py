"""Numbers in, transitions out; no input or output."""
