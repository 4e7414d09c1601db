"""
Notify: notifies parties about incidents by their channels, until delivery is confirmed.

Layers from top to bottom; none imports those above it: ``dispatch`` (recipients, retries and
state), ``loader``, ``channels`` (one module or folder each), ``http`` (shared by channels over
HTTP), ``contract`` and ``message`` (the interface of a channel and its input), ``render`` (texts
and the document), ``settings`` and ``secrets``.
"""
