"""The running program: when, to whom, and in which words."""
