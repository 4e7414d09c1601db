"""Reader: who reads a page of incidents, and in which language."""

from collections.abc import Callable

import msgspec

from thongsuot_schema.words.language import Language


class PageReader(msgspec.Struct, frozen=True, kw_only=True):
    """
    Who reads, and in which language.

    ``key`` is what opened the page for somebody who was told of this incident and sees no other;
    empty for those who may look at everything. ``channel_kind`` returns what a channel is called in
    ``words.states``.
    """

    language: Language
    now_s: float
    key: str = ""
    channel_kind: Callable[[str], str] = str

    def url(self, path: str, language: Language | None = None) -> str:
        """Return a path with what this reader needs to open it."""
        key = f"&key={self.key}" if self.key else ""
        return f"{path}?lang={language or self.language}{key}"
