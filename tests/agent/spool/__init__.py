"""Tests: agent, spool."""
