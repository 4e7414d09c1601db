"""Renders notifications: texts for people, a document for machines. Pure."""
