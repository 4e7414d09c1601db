"""
The conversation of a push: headers of the request, body of the answer.

``POST /v1/batches`` with one encoded batch; ``POST /v1/layouts`` with one encoded layout. Both
carry ``Authorization: Bearer <token>`` and the three clock headers below; a batch also the site
configuration that the agent runs, if it accepts site configurations. The answer to a batch is
``PushResponse`` as JSON: 200 when it is durable (or was already), 409 with ``unknown_layout`` when
the layout has to be sent first, another 4xx when it will never be taken, 5xx or 429 (with
``Retry-After``) when it may be later.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

CONTENT_TYPE_BATCH = "application/vnd.thongsuot.batch"
CONTENT_TYPE_LAYOUT = "application/vnd.thongsuot.layout"
CONTENT_TYPE_JSON = "application/json"
PATH_BATCHES = "/v1/batches"
PATH_LAYOUTS = "/v1/layouts"
PATH_ADDRESS = "/v1/address"
"""``GET``: from where the collector sees the request come, see ``ReflexiveAddress``."""
HEADER_BOOTTIME = "Thongsuot-Boottime"
"""CLOCK_BOOTTIME of the sender in nanoseconds when the request left, decimal."""
HEADER_BOOT = "Thongsuot-Boot"
"""
Boot id of the sender as it is now: the boottime above is of this boot. A batch kept from an earlier
boot has another one, and the collector must not date it by this push.
"""
HEADER_WALL = "Thongsuot-Wall"
"""Wall clock of the sender in nanoseconds since the epoch when the request left, decimal."""
HEADER_SITE_CONFIG = "Thongsuot-Site-Config"
"""
Which site configuration the sender runs, see ``siteconfig.codec.RunningConfig``; absent: it takes
none.
"""

HEADER_RECORD = "Thongsuot-Record"
"""How far each stream of the sender is, see ``record_report``; absent: it does not say."""

HEADER_SIGNATURE = "Thongsuot-Signature"
"""
Who vouches for the batch, see ``signature.BatchSignature``; absent: the device has no key of its
own.
"""

LONGEST_WAIT_S = 60.0
"""
The longest delay between two attempts of a sender. After a collector's return it may take this long
until each device has pushed again: until then silence means nothing.
"""

ANSWER_LIMIT_BYTES = 64 * 1024
"""A sender reads no longer answer: its batch would not count as acknowledged."""

_OTHER_FIELDS_BYTES = 1024
"""Room for the fields about the batch itself: numbers, and a sentence."""

NO_SITE_CONFIG = msgspec.Raw(b"")
"""
Value in an answer without a site configuration; an empty one made elsewhere is not valid JSON.
"""


class PushResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """
    The collector's answer to a push.

    ``acknowledged`` is the number of the batch that is now durable (0 when none). ``repeated`` says
    that it already was. ``error`` is one sentence for a person. ``collector_wall_ns`` is the
    collector's wall clock when it answered. ``site_config`` is a
    ``siteconfig.model.OfferedConfig``, the newest site configuration of this site, present only
    while the agent reports that it runs another and has not refused this one; left undecoded, so
    that a site configuration that cannot be read does not invalidate the acknowledgement.
    ``notifications`` lists the notifications about this site's open faults, for the local page;
    ``incidents`` are the incidents that these belong to. ``nearest`` is sent from time to time: the
    device keeps it for the time when answers no longer arrive. ``test_requests`` are requested
    tests; the same one is sent with every answer until the agent has reported its result.
    ``has_duplicate_devices``: another device pushes as this site at the same time.

    ``answered_boottime_ns`` is in every answer: the boot time in the header of the answered
    request. The sender accepts neither a refusal nor an acknowledgement without it or with another
    one: a proxy, a firewall or a captive portal on the path may also answer in JSON, and a cache
    may return an answer for a batch of the same number in an earlier stream.
    """

    acknowledged: int = 0
    repeated: bool = False
    error: str = ""
    unknown_layout: str = ""
    answered_boottime_ns: int = 0
    collector_wall_ns: int = 0
    site_config: msgspec.Raw = NO_SITE_CONFIG
    notifications: tuple["SentNotification", ...] = ()
    test_requests: tuple["TestRequest", ...] = ()
    incidents: tuple["SiteIncident", ...] = ()
    nearest: "NearestSite | None" = None
    has_duplicate_devices: bool = False


class NearestSite(msgspec.Struct, frozen=True, kw_only=True):
    """
    The nearest other site that can serve citizens. ``distance_m`` is as the crow flies, between the
    centres of their communes: 0 in the same one.
    """

    title: str
    distance_m: int


class ReflexiveAddress(msgspec.Struct, frozen=True, kw_only=True):
    """
    From where a request came: the sender's address after every translation on its way; empty where
    the collector does not know it.
    """

    address: str


class SentNotification(msgspec.Struct, frozen=True, kw_only=True):
    """
    A notification of a fault: ``party`` by ``channel`` at ``at_wall_ns`` about a link or service.
    """

    party: str
    channel: str
    at_wall_ns: Annotated[int, msgspec.Meta(le=2**63 - 1)]
    link: str = ""
    service: str = ""
    reference: str = ""


class SiteIncident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    An open incident that has faults of a site among its members.

    ``party`` must act; ``about`` names the site's links and services, empty: the whole site.
    ``sites`` counts the sites that it affects now, including this one; ``affected`` of ``total``
    are its links, or the points of a service, if their number is known (0: it is not). Times are
    Unix seconds: when the party was notified and when it accepted (``None``: not yet), and the end
    that it expects, if it has given one. ``is_disputed``: the party says that the fault is not its
    own.
    """

    party: str
    about: tuple[str, ...] = ()
    sites: int = 1
    affected: int = 0
    total: int = 0
    notified_s: float | None = None
    accepted_s: float | None = None
    expected_s: float | None = None
    reference: str = ""
    is_disputed: bool = False


REQUESTABLE_KINDS = ("http", "path", "radio", "throughput")
"""Kinds of measurement that may be requested; an agent refuses any other."""


class TestRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A requested test: only what the agent measures anyway.

    ``id`` names it permanently; an agent runs it once. If ``link`` and ``target`` are empty:
    everything that it measures. The agent reports the progress by notices
    (``NoticeCode.TEST_ACCEPTED`` and similar ones).
    """

    id: str
    kind: str
    link: str = ""
    target: str = ""


class TestRefusal(StrEnum):
    """Why an agent does not run a test, or gave it up; the second word of its notice."""

    KIND = "kind"
    """This kind cannot be requested."""

    NOT_CONFIGURED = "not_configured"
    """The device does not measure that, there."""

    TOO_MANY_RUNS = "size"
    """It would be too many runs."""

    BUDGET = "budget"
    """The month's allowance of a link does not pay it."""

    TIMEOUT = "time"
    """It did not end in time."""


def fit_answer(response: PushResponse) -> PushResponse:
    """
    Return an answer short enough to be read, with the newest notifications and the widest incidents
    for which there is room: what a page shows must not keep a batch from being acknowledged.
    """
    while response.notifications or response.incidents:
        if len(msgspec.json.encode(response)) <= ANSWER_LIMIT_BYTES - _OTHER_FIELDS_BYTES:
            break
        notifications, incidents = response.notifications, response.incidents
        response = msgspec.structs.replace(
            response,
            notifications=notifications[(len(notifications) + 1) // 2 :],
            incidents=incidents[: len(incidents) // 2],
        )
    return response
