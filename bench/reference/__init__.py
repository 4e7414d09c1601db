"""
The stack with which our figures are compared: well-known parts, configured as in their manuals.
"""
