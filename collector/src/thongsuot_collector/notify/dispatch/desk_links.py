"""Desk links: the URL of a carrier's desk, with a key that is only valid for this desk."""

from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks

_PURPOSE = "desk"


class DeskLinks:
    """Makes and verifies the links; the validity of a key is in the store."""

    def __init__(self, links: IncidentLinks) -> None:
        self._links = links

    def url(self, carrier: str, key_id: str) -> str:
        """Return the URL of a desk; empty if people cannot open our pages."""
        return self._links.page_url(f"/desk/{carrier}?key={self.key(key_id)}")

    def key(self, key_id: str) -> str:
        """Return the signed key of a desk, from its id in the store."""
        return f"{key_id}.{self._links.signature(_PURPOSE, key_id)}"

    def key_id(self, key: str) -> str:
        """Return the id of a key signed by this collector; empty for any other."""
        key_id, _, signature = key.partition(".")
        return key_id if self._links.is_signed(_PURPOSE, key_id, signature) else ""
