"""The page of a point as an application: installed, and readable without a connection."""
