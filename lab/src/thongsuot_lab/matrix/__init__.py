"""
The matrix: every fault that service points meet, with the verdict that it must lead to.

``rows`` says what is broken and what has to be seen; ``run`` breaks it for real, under real agents
and a real collector; ``account`` reads the collector's journal afterwards and counts who was
blamed.
"""
