"""
Uploader: sends one request at a time, over the best working link and to the first working address.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from thongsuot_agent.clock import Clocks
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.spool.stream import BatchKey, PendingBatch
from thongsuot_agent.uplink.answer import (
    PostResponse,
    PushDisposition,
    PushOutcome,
    interpret_response,
)
from thongsuot_agent.uplink.connection import CollectorConnection, CollectorEndpoint, PostRequest
from thongsuot_agent.uplink.failover import EndpointOrder, ways_to_try
from thongsuot_agent.uplink.preference import UploadCandidate, preferred_order
from thongsuot_schema.batch.push import (
    CONTENT_TYPE_BATCH,
    CONTENT_TYPE_LAYOUT,
    HEADER_BOOT,
    HEADER_BOOTTIME,
    HEADER_RECORD,
    HEADER_SIGNATURE,
    HEADER_SITE_CONFIG,
    HEADER_WALL,
    PATH_BATCHES,
    PATH_LAYOUTS,
)
from thongsuot_schema.result import Family

_log = logging.getLogger(__name__)

DIRECT = ""
"""The name for no link: to a collector on the device itself."""

_TRIAL_S = 5.0
"""
The time limit of a push to a failed address while another is known to work: the maximum delay by a
machine that accepts connections and does not answer.
"""

_NOTHING: Mapping[str, str] = {}

LayoutOf = Callable[[bytes], Awaitable[bytes | None]]

_Way = tuple[str, CollectorEndpoint]
"""A link by its name, and an address of the collector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadConfig:
    """
    The shared configuration of all uploaders.

    ``endpoints`` are the addresses of one collector, the preferred one first. ``token`` is called
    with every request, as is ``certificate`` (key and certificate in PEM form, empty for none),
    ``candidates`` returns the present links; ``charge`` is called with the usage of each.
    ``running_config`` returns the report about the site configuration with each batch; empty: none.
    ``record_report`` returns the report about the whole record with the push of a batch, ``sign``
    the signature of its bytes (empty: the device has no key).
    """

    endpoints: tuple[CollectorEndpoint, ...]
    links: Mapping[str, LiveLink]
    clock: Clocks
    boot_id: str
    token: Callable[[], str]
    candidates: Callable[[], Iterable[UploadCandidate]]
    charge: Callable[[str, int], None]
    layout_of: LayoutOf
    running_config: Callable[[], str] = lambda: ""
    record_report: Callable[[BatchKey], str] = lambda _key: ""
    certificate: Callable[[], bytes] = bytes
    sign: Callable[[bytes], str] = lambda _body: ""
    jitter: Callable[[], float] = lambda: 0.0


class Uploader:
    """Delivers batches one after the other."""

    def __init__(self, config: UploadConfig) -> None:
        self._config = config
        self._endpoints = EndpointOrder(config.endpoints, config.jitter)
        self._connections: dict[tuple[str, str], CollectorConnection] = {}
        self._timeouts: dict[str, asyncio.Timeout] = {}
        self._is_stale = False
        self.last_good = DIRECT
        """The link of the latest successful push."""

    @property
    def answering_url(self) -> str:
        """The collector's address that answered last; empty: none."""
        return self._endpoints.answering_url

    async def deliver(self, batch: PendingBatch) -> PushOutcome:
        """
        Push a batch over the links and to the addresses in order, until a collector answers that
        can accept it.

        Returns the outcome; ``RETRY_LATER`` with the last problem if all links failed.
        """
        if self._is_stale:
            self._is_stale = False
            self.close()
        outcome = PushOutcome(
            disposition=PushDisposition.RETRY_LATER,
            status=0,
            text="no link can send",
            is_tried=False,
        )
        refused: dict[str, PushOutcome] = {}
        for name, endpoint in self._ways(is_urgent=batch.has_news):
            if endpoint.url in refused:
                continue
            outcome = await self._deliver_by_link((name, endpoint), batch)
            if outcome.answer is not None:
                self.last_good = name
                if not self._is_for_another(outcome):
                    self._endpoints.note_answer(endpoint)
                    return outcome
                refused[endpoint.url] = outcome
            self._endpoints.note_failure(endpoint, self._config.clock.boottime_ns())
            _log.debug(
                "push failed link=%s address=%s status=%d: %s",
                name,
                endpoint.url,
                outcome.status,
                outcome.text,
            )
        # The answer of one counts for more than the failure to reach another.
        return next(iter(refused.values()), outcome)

    async def post(self, path: str, content_type: str, body: bytes) -> PostResponse:
        """Post other data over the links in order until a server answers."""
        response = PostResponse(status=0, problem="no link can send")
        answered: dict[str, PostResponse] = {}
        for name, endpoint in self._ways(is_urgent=False):
            if endpoint.url in answered:
                continue
            response = await self._post((name, endpoint), path, content_type, body)
            if 0 < response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return response
            if response.status:
                answered[endpoint.url] = response
        return next(iter(answered.values()), response)

    def abandon(self, link: str) -> None:
        """Abort the request in progress on a link."""
        timeout = self._timeouts.get(link)
        if timeout is not None:
            timeout.reschedule(asyncio.get_running_loop().time())

    def avoid_family(self, link: str, family: Family | None) -> None:
        """Use another family on a link, if there is one; the request in progress is aborted."""
        changed = [
            connection.avoid_family(family)
            for (name, _), connection in self._connections.items()
            if name == link
        ]
        if any(changed):
            self.abandon(link)

    def reconnect(self) -> None:
        """Use a new look-up and connection for the next batch; no request is aborted."""
        self._is_stale = True

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _ways(self, *, is_urgent: bool) -> Iterator[_Way]:
        now_ns = self._config.clock.boottime_ns()
        return ways_to_try(self._endpoints.at(now_ns, is_urgent=is_urgent), self._links_to)

    def _links_to(self, endpoint: CollectorEndpoint) -> tuple[str, ...]:
        if is_on_device(endpoint.host) or not self._config.links:
            return (DIRECT,)
        return preferred_order(self._config.candidates(), self.last_good)

    def _is_for_another(self, outcome: PushOutcome) -> bool:
        """Return whether one machine cannot accept the batch now, and another may."""
        return (
            len(self._config.endpoints) > 1
            and outcome.disposition is PushDisposition.RETRY_LATER
            # This applies to the site, not to the answering machine.
            and outcome.status != HTTPStatus.TOO_MANY_REQUESTS
        )

    async def _deliver_by_link(self, way: _Way, batch: PendingBatch) -> PushOutcome:
        outcome = await self._push_batch(way, batch)
        if outcome.disposition is not PushDisposition.LAYOUT_WANTED:
            return outcome
        layout = await self._config.layout_of(batch.layout)
        if layout is None:
            return PushOutcome(
                disposition=PushDisposition.REJECTED,
                status=outcome.status,
                answer=outcome.answer,
                text=f"layout {batch.layout.hex()} is lost",
            )
        layout_response = await self._post(way, PATH_LAYOUTS, CONTENT_TYPE_LAYOUT, layout)
        if layout_response.status != 200:
            why = layout_response.problem or layout_response.body[:100].decode(errors="replace")
            return PushOutcome(
                disposition=PushDisposition.RETRY_LATER,
                status=layout_response.status,
                answer=outcome.answer,
                text=f"layout refused: {why}",
            )
        again = await self._push_batch(way, batch)
        if again.disposition is PushDisposition.LAYOUT_WANTED:
            return PushOutcome(
                disposition=PushDisposition.RETRY_LATER,
                status=again.status,
                answer=again.answer,
                text="the layout that was given is asked for again",
            )
        return again

    async def _push_batch(self, way: _Way, batch: PendingBatch) -> PushOutcome:
        sent_ns = self._config.clock.boottime_ns()
        headers = {
            HEADER_SITE_CONFIG: self._config.running_config(),
            HEADER_RECORD: self._config.record_report(batch.key),
            HEADER_SIGNATURE: self._config.sign(batch.body),
        }
        response = await self._post(
            way,
            PATH_BATCHES,
            CONTENT_TYPE_BATCH,
            batch.body,
            sent_ns=sent_ns,
            extra_headers=headers,
        )
        return interpret_response(response, batch.key.number, sent_ns)

    async def _post(
        self,
        way: _Way,
        path: str,
        content_type: str,
        body: bytes,
        *,
        sent_ns: int | None = None,
        extra_headers: Mapping[str, str] = _NOTHING,
    ) -> PostResponse:
        name, endpoint = way
        connection = self._connection(way)
        request = PostRequest(
            path=path,
            headers=self._headers(
                content_type, sent_ns or self._config.clock.boottime_ns(), extra_headers
            ),
            body=body,
            certificate=self._config.certificate(),
        )
        limit_s = _TRIAL_S if self._endpoints.is_trial(endpoint) else None
        try:
            with self._abandonable(name) as bound:
                async with bound, asyncio.timeout(limit_s):
                    return await connection.post(request)
        except TimeoutError:
            problem = "given up: the link was judged down"
            if limit_s is not None:
                problem = f"{endpoint.url} did not answer within {limit_s:.0f} s"
            return PostResponse(status=0, problem=problem)
        finally:
            self._config.charge(name, connection.spent_bytes)

    def _headers(
        self, content_type: str, sent_ns: int, extra_headers: Mapping[str, str]
    ) -> tuple[str, ...]:
        return (
            f"Content-Type: {content_type}",
            f"Authorization: Bearer {self._config.token()}",
            f"{HEADER_BOOT}: {self._config.boot_id}",
            f"{HEADER_BOOTTIME}: {sent_ns}",
            f"{HEADER_WALL}: {self._config.clock.wall_ns()}",
            *(f"{header}: {text}" for header, text in extra_headers.items() if text),
        )

    def _connection(self, way: _Way) -> CollectorConnection:
        name, endpoint = way
        key = (name, endpoint.url)
        if key not in self._connections:
            link = None if name == DIRECT else self._config.links[name]
            self._connections[key] = CollectorConnection(endpoint, link, self._config.clock)
        return self._connections[key]

    @contextmanager
    def _abandonable(self, name: str) -> Iterator[asyncio.Timeout]:
        bound = self._timeouts[name] = asyncio.timeout(None)
        try:
            yield bound
        finally:
            del self._timeouts[name]


def is_on_device(host: str) -> bool:
    """Return whether a host is the device itself, which is not reached over an uplink."""
    return host in {"localhost", "::1"} or host.startswith("127.")
