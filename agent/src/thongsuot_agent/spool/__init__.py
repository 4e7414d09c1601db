"""The agent's record: kept until the collector has acknowledged it; bounded; drops are counted."""
