"""Tests of the collector: pages of incidents."""
