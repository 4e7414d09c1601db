"""
Notify: who is notified of an incident by which channel, until it is known that they were.

From top to bottom, none imports those above it: ``dispatch`` (who is notified, and until when),
``loader``, ``channels`` (one module or folder a way to notify), ``http`` (what those over HTTP
share), ``contract`` and ``message`` (what a channel is and is given), ``render`` (texts and the
document), ``settings`` and ``secrets``.
"""
