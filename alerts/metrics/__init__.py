"""Metrics: frames in, dated numbers out; no I/O."""
