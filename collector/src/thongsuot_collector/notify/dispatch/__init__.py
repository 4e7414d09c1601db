"""
Dispatch: who is notified by which channel, until it is known that they were. For all channels.
"""
