"""What pages, API and command line show of the city: each list is one typed query."""
