"""
The matrix: every fault that service points meet, with the verdict that it must lead to.

``rows`` define what is broken and what must be observed; ``runner`` breaks it for real, under real
agents and a real collector; afterwards ``reconciliation`` reads the collector's journal, and
``blame`` counts who was blamed.
"""
