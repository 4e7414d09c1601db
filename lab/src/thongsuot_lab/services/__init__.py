"""
The lab's real servers: name servers, portals, and port forwards from the machine's own loopback.
"""
