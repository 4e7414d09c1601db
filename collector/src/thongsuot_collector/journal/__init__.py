"""
The durable log of agents' pushes: append, then acknowledge; every consumer reads at its own pace.
"""
