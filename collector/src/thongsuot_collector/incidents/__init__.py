"""
From intervals to incidents: what belongs together, who must act, who is notified of what and when.
Pure.
"""
