"""Tests of the collector: store."""
