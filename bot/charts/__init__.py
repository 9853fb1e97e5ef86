"""Charts: series → PNG, without I/O."""
