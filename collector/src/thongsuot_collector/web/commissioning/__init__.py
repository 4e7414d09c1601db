"""The page of a site's commissioning: the verification of each line, and today's code."""
