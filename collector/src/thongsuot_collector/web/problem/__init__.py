"""Problem reports from people at a point, and the city's answers."""
