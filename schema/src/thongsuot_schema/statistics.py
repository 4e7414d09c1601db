"""Statistics of a few values. The standard library's module would bring fractions and decimal."""

from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    """Return the median of at least one value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[-middle - 1]) / 2


def percentile_95(values: Sequence[float]) -> float:
    """Return the 95th percentile: the smallest value that 95 % do not exceed."""
    ordered = sorted(values)
    place = -(-len(ordered) * 95 // 100) - 1
    return ordered[max(0, place)]
