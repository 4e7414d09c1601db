"""Sentences for every symptom, one module a rung of the ladder."""
