"""Market and economic data from outside sources, as checked frames."""
