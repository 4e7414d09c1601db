"""Tests: agent, config."""
