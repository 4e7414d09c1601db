"""
Alerting rules about the platform itself, one module a group; each holds one ``GROUP``.

Links and services are not judged here: that is the incident engine's work, which knows times,
parties and what belongs together (docs/decisions).
"""
