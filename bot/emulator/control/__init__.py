"""The routes under /_local/: what people do and see, and faults that tests ask for."""
