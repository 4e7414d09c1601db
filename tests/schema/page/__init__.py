"""Tests of the status page as text."""
