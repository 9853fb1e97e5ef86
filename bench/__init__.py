"""Speeds and sizes, each beside what it is to be compared with: `make bench`."""
