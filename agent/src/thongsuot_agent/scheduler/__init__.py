"""
When things run: phases, overlap, confirming runs, data budget, and doubt about the process itself.
"""
