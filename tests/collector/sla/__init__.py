"""Tests of the collector: sla."""
