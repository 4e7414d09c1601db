"""
What each site's record tells, as intervals of one state, in event time; late data rewrites them.
Pure.
"""
