"""The page of a site's commissioning: what is proven of each line, and today's code."""
