"""Reader: who reads a page of incidents, and in which language."""

from collections.abc import Callable

import msgspec

from thongsuot_schema.words.language import Language


class PageReader(msgspec.Struct, frozen=True, kw_only=True):
    """
    Who reads, and in which language.

    ``key`` is what opened the page for somebody who was told of this incident, or has a link to a
    carrier's desk; it stays on the links. ``is_staff``: they may look at everything. ``home`` is
    where the brand leads to, ``may_decide``: they may decide a dispute. ``channel_kind`` returns
    what a channel is called in ``words.states``.
    """

    language: Language
    now_s: float
    key: str = ""
    is_staff: bool = True
    may_decide: bool = False
    home: str = "/"
    channel_kind: Callable[[str], str] = str

    def url(self, path: str, language: Language | None = None) -> str:
        """Return a path with what this reader needs to open it."""
        key = f"&key={self.key}" if self.key else ""
        return f"{path}?lang={language or self.language}{key}"
