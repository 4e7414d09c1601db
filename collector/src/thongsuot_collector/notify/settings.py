"""Settings of notifications: the ``[notify]`` table, and those common to all ``[[channels]]``."""

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from thongsuot_schema.inventory.fields import Name, StrictStruct
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import REFERENCE, languages

Positive = Annotated[float, msgspec.Meta(gt=0)]

ClockTime = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]
"""A time of day, such as ``22:00``; or empty."""

DAY_S = 86_400.0

MAX_CONCURRENT_SENDS = 8
"""Concurrent messages of one channel: a storm of incidents must not overload the receiver."""


class NotifySettings(StrictStruct, frozen=True, kw_only=True):
    """
    The recipients of notifications and their channels.

    ``channels`` are the names of ``[[channels]]`` for every party without its own in the inventory;
    it is notified by all of them. ``fallback_channels`` stand in, in their order, while none of
    these delivers. ``city`` names the owner (of the inventory) whose contacts are the city's
    engineers; they are notified about incidents on which nobody else must act, and with
    ``city_sees_all`` about all. ``page_url`` is the URL of the collector's pages: every message
    then has a link that opens the page of its incident, and no other, without a password.
    ``escalate_after_s`` is the time without delivery before a fallback joins, ``retry_s`` the wait
    before the first retry (it doubles with each). The end of an incident is retried for
    ``give_up_after_s``. ``accept_within_s`` is a carrier's time to accept an incident unless its
    contract has another; then its escalation chain begins, and without a chain the city is
    notified. Above ``digest_above`` messages a minute to one receiver people get one digest every
    ``digest_every_s`` instead (0: never); critical messages are counted apart, and held for two
    seconds at most. From ``quiet_from`` to
    ``quiet_until`` (in Vietnam; both empty: never) people get no messages of severity minor and
    below, which can wait.
    """

    channels: tuple[str, ...] = ()
    fallback_channels: tuple[str, ...] = ()
    city: str = ""
    city_sees_all: bool = True
    page_url: str = ""
    escalate_after_s: Positive = 30.0
    retry_s: Positive = 1.0
    give_up_after_s: Positive = 3 * DAY_S
    accept_within_s: Positive = 900.0
    digest_above: Annotated[int, msgspec.Meta(ge=0)] = 10
    digest_every_s: Positive = 20.0
    quiet_from: ClockTime = ""
    quiet_until: ClockTime = ""


if TYPE_CHECKING:
    ConfiguredLanguage = Language
else:
    # The languages depend on the installed catalogues, which a type checker does not know.
    ConfiguredLanguage = Literal[languages()]


class ChannelSettings(StrictStruct, frozen=True, kw_only=True):
    """
    Settings of every ``[[channels]]``: its kind, the name by which the inventory and ``[notify]``
    refer to it, and the language of its messages.
    """

    kind: str
    name: Name
    language: ConfiguredLanguage = REFERENCE
