"""Sentences for people, Vietnamese and English: what is wrong, what to do, whom to call."""
