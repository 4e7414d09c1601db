"""Two collectors on a pair of PostgreSQL servers, while their processes are killed."""
