"""Pure: series → PNG."""
