"""
From intervals to incidents: related faults, the party that must act, and its notifications. Pure.
"""
