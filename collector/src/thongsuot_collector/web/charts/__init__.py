"""Charts of a link's history: its states by hour and day, its delay and loss."""
