"""A carrier's desk: its open incidents and answers, its circuits, statements, evidence."""
