"""A carrier's desk: its open incidents and what it answers, its circuits, statements, evidence."""
