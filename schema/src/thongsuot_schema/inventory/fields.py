"""What parts of the inventory share: the types of their fields, and the base of their structs."""

from enum import StrEnum
from typing import Annotated

import msgspec

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""A name that can be part of labels, paths and file names."""

Month = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-[01]\d)?$")]
"""A calendar month, as in "2026-11"; may be empty."""

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Interval = Annotated[float, msgspec.Meta(gt=0, le=31 * 86_400)]
"""
How often something is measured, in seconds: once a month at least. A longer interval measures
nothing, and nanoseconds of some that a float can hold are infinite.
"""

BitsPerSecond = Annotated[int, msgspec.Meta(gt=0, le=10**15)]
"""Up to a petabit: a number of any length is not one that can be computed with."""


class Medium(StrEnum):
    """What a link runs over."""

    FIBER = "fiber"
    CABLE = "cable"
    DSL = "dsl"
    RADIO_5G = "5g"
    RADIO_4G = "4g"
    LEASED = "leased"
    """The government's own network (TSLCD) or another leased line."""
    ETHERNET = "ethernet"
    """A wired uplink whose access technology the device cannot know."""


MOBILE_MEDIA = frozenset({Medium.RADIO_5G, Medium.RADIO_4G})
"""Links that a site falls back on; they are mostly metered."""


class StrictStruct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of types that are read from files: an unknown key is an error and is not ignored."""
