"""Reader: the reader of a page of incidents, and the language."""

from collections.abc import Callable

import msgspec

from thongsuot_schema.words.language import Language


class PageReader(msgspec.Struct, frozen=True, kw_only=True):
    """
    The reader of a page, and the language.

    ``key`` opened the page for a notified person, or for the bearer of a link to a carrier's desk;
    it is kept in links. ``is_staff``: they may read everything. ``home`` is the link of the brand,
    ``may_decide``: they may decide a dispute. ``channel_kind`` returns the name of a channel in
    ``words.states``.
    """

    language: Language
    now_s: float
    key: str = ""
    is_staff: bool = True
    may_decide: bool = False
    home: str = "/"
    channel_kind: Callable[[str], str] = str

    def url(self, path: str, language: Language | None = None) -> str:
        """Return a path with the language and key of this reader."""
        key = f"&key={self.key}" if self.key else ""
        return f"{path}?lang={language or self.language}{key}"
