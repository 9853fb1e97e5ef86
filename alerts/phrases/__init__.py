"""What people type, in their own words: spelling, synonyms, and sentences that mean an alert. Pure."""
