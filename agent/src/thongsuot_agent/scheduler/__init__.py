"""
Schedules runs: phases, overlap, confirming runs, data budget, and doubts about the process itself.
"""
