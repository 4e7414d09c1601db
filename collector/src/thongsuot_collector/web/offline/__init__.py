"""The page of a point as an installable application, readable without a connection."""
