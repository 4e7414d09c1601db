"""
Statements of what a circuit was worth in a month: intervals and terms to figures. Pure.

Everything is in whole milliseconds, each counted in exactly one class: sums are exact.
"""
