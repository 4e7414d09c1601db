"""Tests of the collector: state."""
