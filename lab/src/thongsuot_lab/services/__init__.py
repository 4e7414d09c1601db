"""
The lab's real servers: name servers, portals, and the ways in from the machine's own loopback.
"""
