"""
The local page with its lights and sentences, served on the local network; metrics for scrapers.
"""
