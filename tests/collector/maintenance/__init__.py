"""Tests of the collector: maintenance."""
