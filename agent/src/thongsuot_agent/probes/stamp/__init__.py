"""The ``stamp`` kind: each direction separately, and the quality of a call."""
