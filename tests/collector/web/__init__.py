"""Tests of the collector: web."""
