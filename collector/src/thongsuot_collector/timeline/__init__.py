"""Each site's record as intervals of one state, in event time; late data rewrites them. Pure."""
