"""A leaflet for the wall beside the counter: whose page to open, what to look at, whom to call."""
