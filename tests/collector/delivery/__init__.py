"""Tests of the collector: delivery."""
