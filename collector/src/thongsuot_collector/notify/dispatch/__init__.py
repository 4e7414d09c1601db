"""Dispatch: selects recipients and channels, and retries until delivery is confirmed."""
