"""Pictures of a link's past: its states by hour and day, its delay and loss."""
