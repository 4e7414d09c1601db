"""Tests: schema, siteconfig."""
