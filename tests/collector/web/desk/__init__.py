"""Tests of the collector: web/desk."""
