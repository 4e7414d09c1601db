"""What tests choose on a board and which of its panels may be empty: one module a board, if any."""
