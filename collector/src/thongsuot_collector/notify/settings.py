"""Settings of notifications: the ``[notify]`` table, and what every ``[[channels]]`` has."""

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from thongsuot_schema.inventory.fields import Name, StrictStruct
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import REFERENCE, languages

Positive = Annotated[float, msgspec.Meta(gt=0)]

ClockTime = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]
"""As clocks show it, ``22:00``; or nothing."""

DAY_S = 86_400.0

MAX_CONCURRENT_SENDS = 8
"""Messages on the way by one channel at once: a storm of ours must not be one for the receiver."""


class NotifySettings(StrictStruct, frozen=True, kw_only=True):
    """
    Who is notified by which channels.

    ``channels`` are the ways for every party that the inventory gives none of its own: names of
    ``[[channels]]``, by all of which it is told. ``fallback_channels`` stand in, in their order,
    while none of these gets through. ``city`` names the owner (of the inventory) whose
    contacts are the city's engineers; they are told of what nobody else must act on, and with
    ``city_sees_all`` of everything. ``page_url`` is where people find the collector's pages: every
    message then has a link that opens the page of its incident, and no other, without a password.
    ``escalate_after_s`` is how long is tried before a fallback joins, ``retry_s`` the wait before
    the second try (it doubles with each). What is over is taken back for ``give_up_after_s``.
    ``accept_within_s`` is how long a carrier has to accept an incident, where its contract does not
    say; then its chain of escalation begins, and where it has none the city is told.
    Above ``digest_above`` messages a minute to one receiver people get one digest every
    ``digest_every_s`` instead (0: never); what is critical is never held. From ``quiet_from`` to
    ``quiet_until`` (in Vietnam; both empty: never) people are not told of what can wait, severity
    minor and below.
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
    # Which languages there are is known when the catalogues are: a type checker cannot know it.
    ConfiguredLanguage = Literal[languages()]


class ChannelSettings(StrictStruct, frozen=True, kw_only=True):
    """
    What every ``[[channels]]`` has: which kind it is, the name by which the inventory and
    ``[notify]`` know it, and the language of what people read.
    """

    kind: str
    name: Name
    language: ConfiguredLanguage = REFERENCE
