"""Tests on demand: from a person to the answer of a push, and what came of it back."""
