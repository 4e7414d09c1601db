"""
Getting what the journal holds to where it should be: order, retries, answers; whatever the sink.
"""
