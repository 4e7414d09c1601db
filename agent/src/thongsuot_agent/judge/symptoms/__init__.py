"""One module a concern: what was seen on a link, or of a service, to a fault as a value."""
