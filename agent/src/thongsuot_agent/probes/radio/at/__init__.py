"""What modems answer to AT commands; each make has orders, units and habits of its own."""
