"""
From intervals to incidents: what belongs together, who must act, who is told what and when. Pure.
"""
