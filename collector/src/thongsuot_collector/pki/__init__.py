"""Client certificates of agents: the collector's own authority, or another's."""
