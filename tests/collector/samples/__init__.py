"""Tests of the collector: samples."""
