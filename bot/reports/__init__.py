"""Values for answers, read from the database: what a message or a chart shows, without its words."""
