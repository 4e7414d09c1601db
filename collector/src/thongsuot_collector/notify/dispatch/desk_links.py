"""Desk links: where a carrier finds its desk, with a key that opens this one desk and no other."""

from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks

_PURPOSE = "desk"


class DeskLinks:
    """Makes and knows the links; whether a key is still good, the store says."""

    def __init__(self, links: IncidentLinks) -> None:
        self._links = links

    def url(self, carrier: str, key_id: str) -> str:
        """Return the address of a desk; empty where people cannot open our pages."""
        return self._links.page_url(f"/desk/{carrier}?key={self.key(key_id)}")

    def key(self, key_id: str) -> str:
        """Return what opens a desk, from the id of its key in the store."""
        return f"{key_id}.{self._links.signature(_PURPOSE, key_id)}"

    def key_id(self, key: str) -> str:
        """Return the id of a key that we have signed; empty for any other."""
        key_id, _, signature = key.partition(".")
        return key_id if self._links.is_signed(_PURPOSE, key_id, signature) else ""
