"""Scope: the part of the city that a user may see, by any interface."""

import msgspec


class QueryScope(msgspec.Struct, frozen=True, kw_only=True):
    """Everything (``is_city``), or the objects of one ``carrier`` or one ``commune``."""

    is_city: bool = False
    carrier: str = ""
    commune: str = ""

    def has_site(self, commune: str) -> bool:
        """Return whether a site of a commune is in it."""
        return self.is_city or (bool(self.commune) and self.commune == commune)

    def has_link(self, commune: str, carrier: str) -> bool:
        """Return whether a link of a carrier at a site of a commune is in it."""
        return self.has_site(commune) or self.has_carrier(carrier)

    def has_carrier(self, carrier: str) -> bool:
        """Return whether a carrier's objects are in it."""
        return self.is_city or (bool(self.carrier) and self.carrier == carrier)


WHOLE_CITY = QueryScope(is_city=True)
