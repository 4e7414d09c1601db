"""Tests of the collector: fleet."""
