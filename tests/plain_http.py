"""Clients for servers on loopback that speak plain HTTP."""

import ssl

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""
``verify`` of a client that meets no TLS: every other client of httpx reads all authorities of the
web when it is made, 10 ms of CPU, and tests make thousands. It trusts nobody where TLS is met.
"""
