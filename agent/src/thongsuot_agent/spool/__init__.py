"""
The agent's record: kept until the collector has acknowledged it; bounded; what is dropped is
counted.
"""
