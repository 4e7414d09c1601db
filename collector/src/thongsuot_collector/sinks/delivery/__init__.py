"""
Shared parts of sinks: following the journal, lanes for fresh and old entries, retries, bisection of
refused requests.
"""
