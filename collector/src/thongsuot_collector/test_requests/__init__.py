"""Tests on demand: requests of people, sent in the answers to pushes, and their results."""
