"""The lab's real servers: name servers, portals, and the doors to the machine's own loopback."""
