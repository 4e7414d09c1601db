"""Tests of the collector: config."""
