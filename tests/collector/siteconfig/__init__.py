"""Tests: collector, siteconfig."""
