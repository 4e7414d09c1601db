"""Tests: agent, schedule."""
