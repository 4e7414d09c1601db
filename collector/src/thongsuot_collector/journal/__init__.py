"""
The durable log of what agents pushed: append, then acknowledge; every consumer at its own pace.
"""
