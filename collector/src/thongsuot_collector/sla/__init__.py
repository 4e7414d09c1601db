"""
Statements of a circuit's service level in a month, from intervals and terms. Pure.

Everything is in whole milliseconds, each counted in exactly one class: sums are exact.
"""
