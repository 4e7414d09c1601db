"""Tests of the pages of statements."""
