"""Tests of the collector: typesetting."""
