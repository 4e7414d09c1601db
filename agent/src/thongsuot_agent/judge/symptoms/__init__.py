"""
One module per concern: turns observations of a link, or of a service, into a fault as a value.
"""
