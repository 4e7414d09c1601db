"""Tests of the collector: statements."""
