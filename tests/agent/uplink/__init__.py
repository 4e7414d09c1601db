"""Tests: agent, uplink."""
