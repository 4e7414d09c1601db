"""Tests: schema, siteplan."""
