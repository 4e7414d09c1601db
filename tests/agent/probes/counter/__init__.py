"""Tests of the ``counter`` kind."""
