"""One session from its sources to recorded figures and messages: schedule, gather, decide, record."""
