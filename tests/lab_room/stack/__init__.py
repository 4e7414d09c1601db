"""Tests of the lab: stack."""
