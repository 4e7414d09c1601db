"""A small Internet in network namespaces: sites, carriers, portals, faults."""
