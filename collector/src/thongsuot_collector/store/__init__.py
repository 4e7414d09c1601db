"""Tables and migrations: tokens, boots, what was set aside, the current state of each site."""
