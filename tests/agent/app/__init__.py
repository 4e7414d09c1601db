"""Tests: agent, app."""
