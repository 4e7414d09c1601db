"""Tests of the collector: ingest."""
