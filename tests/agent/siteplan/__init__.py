"""Tests: agent, siteplan."""
