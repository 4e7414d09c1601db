"""Pages for people: they show, and change nothing."""
