"""Tests: collector, siteplan."""
