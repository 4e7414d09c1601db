"""What a watcher is told: which collectors to look at, and whom to tell."""

from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import Name, StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]


class WatchedCollector(StrictStruct, frozen=True, kw_only=True):
    """
    One ``[[collectors]]``: its ``name`` for people, and the ``url`` of its pages; ``ca_file`` is
    what its certificate is checked against, where that is not one of the system's.

    Collectors on one database are one collector of several ``urls``: it is away when none of them
    leads.
    """

    name: Name
    url: str = ""
    urls: tuple[str, ...] = ()
    ca_file: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is asked: at one address, or at each of several."""
        return self.urls or (self.url,)


class WatchSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The whole file. Each collector is asked every ``every_s``, and given ``timeout_s`` to answer.
    ``after_s`` is how long it has to be away, or not judging, before somebody is told: with the
    defaults that is 35 s after it died at the latest. ``state_file`` remembers who was told of
    what, so that a restart of the watcher tells nobody twice.

    ``[[channels]]`` are as those of the collector, ``title``, ``emails`` and ``phones`` whom they
    tell.
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
