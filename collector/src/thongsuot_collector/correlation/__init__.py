"""
The consumer of the journal that keeps timelines and incidents, on the disk, and hands out events.
"""
