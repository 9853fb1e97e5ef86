"""Frames in, one dated number out; no input or output."""
