"""Settings of the watcher: the collectors to check, and the people to notify."""

from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import Name, StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]


class WatchedCollector(StrictStruct, frozen=True, kw_only=True):
    """
    One ``[[collectors]]``: its ``name`` for people, and the ``url`` of its pages; ``ca_file`` has
    the authority of its certificate, if it is not one of the system's.

    Collectors on one database are one collector with several ``urls``: it is away when none of them
    leads.
    """

    name: Name
    url: str = ""
    urls: tuple[str, ...] = ()
    ca_file: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses to check: one, or several."""
        return self.urls or (self.url,)


class WatchSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The whole file. Each collector is checked every ``every_s``, and has ``timeout_s`` to answer.
    ``after_s`` is how long it has to be away, or not working, before people are notified: with the
    defaults at most 35 s after it died. ``state_file`` stores the sent notifications, so that a
    restart of the watcher does not repeat them.

    ``[[channels]]`` are as those of the collector, ``title``, ``emails`` and ``phones`` their
    recipients.
    """

    collectors: Annotated[tuple[WatchedCollector, ...], msgspec.Meta(min_length=1)]
    channels: Annotated[tuple[dict[str, object], ...], msgspec.Meta(min_length=1)]
    title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    every_s: Positive = 5.0
    timeout_s: Positive = 10.0
    after_s: Positive = 20.0
    state_file: str = "/var/lib/thongsuot-collector-watch/state.json"
