"""Who hears of what: rules are evaluated, and what happened is put into the outbox."""
