"""The journal consumer that maintains timelines and incidents in the store, and emits events."""
