"""
What sinks share: following the journal, lanes of fresh and old, retries, bisection of what is
refused.
"""
