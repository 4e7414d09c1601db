"""
Alerting rules about the platform itself, one module per group; each has one ``GROUP``.

Links and services are not judged here: that is the task of the incident engine, which knows times,
parties and related faults (docs/decisions).
"""
