"""Tests of the collector: export."""
