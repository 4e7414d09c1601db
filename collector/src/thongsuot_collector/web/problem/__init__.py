"""Where somebody at a point reports a problem, and where the city answers it."""
