"""Tests of the agent room."""
