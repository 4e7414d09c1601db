"""Zalo: messages of an Official Account to the people who follow it."""
