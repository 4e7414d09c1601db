"""The labels of a series, encoded once from its site and its position in a layout."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from thongsuot_schema.batch.layout import CompiledLayout
from thongsuot_schema.result import Family, Series

LabelsOf = Callable[[str, str], dict[str, str]]
"""Returns the inventory's labels of a site (first) and a link (second, may be empty)."""

LinkLabels = Mapping[str, dict[str, str]]
"""The inventory's labels of each link of a site."""

_LAYOUTS_KEPT = 20_000
"""
Labelled layouts kept: about 15 KB each, so 300 MB for ten thousand agents with two layouts each.
"""


T = TypeVar("T")


class LayoutLabels(Generic[T]):
    """
    A cache of the results of ``label`` for the layouts that are in use.

    A result is rebuilt when the inventory's labels of one of the links change.
    """

    def __init__(self, label: Callable[[str, CompiledLayout], T], labels_of: LabelsOf) -> None:
        self._label = label
        self._labels_of = labels_of
        self._labels: OrderedDict[tuple[str, bytes], tuple[LinkLabels, T]] = OrderedDict()

    def for_layout(self, site: str, layout_id: bytes, compiled: CompiledLayout) -> T:
        """Return the result for a layout of a site, built now if it is missing."""
        key = (site, layout_id)
        known = self._labels.get(key)
        if known is not None and are_labels(known[0], self._labels_of, site):
            self._labels.move_to_end(key)
            return known[1]
        links = {series.link for series in compiled.layout.series}
        labels = self._label(site, compiled)
        self._labels[key] = ({link: self._labels_of(site, link) for link in links}, labels)
        if len(self._labels) > _LAYOUTS_KEPT:
            self._labels.popitem(last=False)
        return labels


def are_labels(known: LinkLabels, labels_of: LabelsOf, site: str) -> bool:
    """Return whether the labels of some links still match the inventory."""
    return all(labels_of(site, link) == labels for link, labels in known.items())


def labels_of_series(labels_of: LabelsOf, site: str, series: Series) -> dict[str, str]:
    """Return all labels of a series but its name; some may be empty."""
    return labels_of(site, series.link) | {
        "site": site,
        "link": series.link,
        "target": series.target,
        "family": "" if series.family is Family.NONE else series.family.value,
    }


def labels_of_subject(labels_of: LabelsOf, site: str, link: str, service: str) -> dict[str, str]:
    """Return all labels of a verdict on a link or a service; some may be empty."""
    return labels_of(site, link) | {"site": site, "link": link, "target": service}
