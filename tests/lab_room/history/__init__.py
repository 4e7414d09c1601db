"""Tests of the generated month."""
