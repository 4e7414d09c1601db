"""Tests of the collector: app."""
