"""A leaflet for the wall beside the counter: the page to open, what to check, whom to call."""
