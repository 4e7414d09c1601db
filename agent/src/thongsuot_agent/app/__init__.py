"""The running agent: what is wired to what, and what happens when a part of it breaks."""
