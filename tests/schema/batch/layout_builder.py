"""A layout that grows with what is pushed, as a simple agent would keep one."""

from collections.abc import Iterable

from thongsuot_schema.batch.encode import LayoutIndex, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Layout
from thongsuot_schema.result import Result


class LayoutBuilder:
    """A layout that grows as new series appear; it never shrinks."""

    def __init__(self) -> None:
        self._index = index_layout(Layout(series=()))

    def index_for(self, results: Iterable[Result]) -> LayoutIndex:
        """
        Return an index that has the series of all these results, the same one while none is new.

        Raises:
            ValueError: a result is of a kind or revision that the catalogue does not have.
        """
        known = self._index.positions
        new = {result.series for result in results if result.series not in known}
        if new:
            self._index = index_layout(sorted_layout([*known, *new]))
        return self._index
