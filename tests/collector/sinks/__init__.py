"""Tests of the collector: sinks."""
