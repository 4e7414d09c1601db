"""Tests: agent, siteconfig."""
