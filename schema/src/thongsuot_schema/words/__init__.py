"""Sentences for people, Vietnamese and English: the fault, what to do, whom to call."""
