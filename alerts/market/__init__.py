"""The outside figures, as checked frames."""
