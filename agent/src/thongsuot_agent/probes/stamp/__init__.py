"""The ``stamp`` kind: both directions apart, and how a call would sound."""
