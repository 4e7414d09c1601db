"""Tests: agent, page."""
