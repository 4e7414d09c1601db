"""
Prometheus remote write 1.0: Prometheus, Mimir, VictoriaMetrics, Thanos and others.

Samples carry the time at which they were measured. Fresh ones and old ones travel in requests of
their own, because Prometheus (2.53, seen 2026-11) rolls a whole request back for one sample
that is too old; what it refuses is found by halving, dropped alone, and counted.
"""

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import cramjam
import msgspec

from thongsuot_collector.delivery.answer import Action
from thongsuot_collector.delivery.courier import Courier, Opened
from thongsuot_collector.delivery.http import Place, Post
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.samples.encode import Parcel, encode
from thongsuot_collector.samples.labels import LabelBook
from thongsuot_collector.samples.protobuf import Sample, request_of, samples_in
from thongsuot_collector.samples.verdicts import verdict_series
from thongsuot_collector.sinks import SinkKind, SinkSettings, Supplies

_FUTURE_MS = 5_000
"""
Nothing is dated later than this after now: Prometheus would measure its window for late samples
from there, and refuse everyone's backlog. What was taken in is never that late
(``ingest.clock``).
"""

_OLD_MS = 120_000
"""What is older than this travels apart from what is fresh."""

_GIVE_UP_AFTER = 256
"""
Samples refused one after the other without any that is taken: the receiver takes nothing of this
kind (no out-of-order window), and asking for each of ten thousand would take minutes.
"""

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(SinkSettings, frozen=True, kw_only=True):
    """
    One ``[[sinks]]`` of kind ``remote_write``.

    ``window_s`` is how late a sample the receiver takes (Prometheus'
    ``out_of_order_time_window``); older ones are not even tried. Left out: all are tried.
    ``username`` and ``password_file``, or ``bearer_file``, are credentials; ``ca_file`` is what
    the receiver's certificate is checked against.
    """

    url: str
    window_s: Positive | None = None
    username: str = ""
    password_file: str = ""
    bearer_file: str = ""
    ca_file: str = ""
    timeout_s: Positive = 30.0
    linger_s: Annotated[float, msgspec.Meta(ge=0)] = 0.2
    samples_per_request: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    jump_entries: Annotated[int, msgspec.Meta(ge=1)] = 5_000


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``SinkKind``."""
    parts = urlsplit(settings.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"url {settings.url!r} is not http:// or https:// with a host")
    if parts.username or parts.password:
        raise ValueError("url holds credentials; use username and password_file")
    if settings.bearer_file and settings.username:
        raise ValueError("bearer_file and username are both set; one of them is meant")
    if bool(settings.username) is not bool(settings.password_file):
        raise ValueError("username and password_file belong together")
    for file in (settings.password_file, settings.bearer_file):
        if file:
            _secret(file)
    if settings.ca_file:
        ssl.create_default_context(cafile=settings.ca_file)


class RemoteWrite:
    """What is particular to remote write; see ``Receiver``."""

    def __init__(self, settings: Settings, post: Post, labels: LabelBook, metrics: Metrics) -> None:
        self._settings = settings
        self._post = post
        self._labels = labels
        self._metrics = metrics

    def pack(self, opened: Opened) -> Sequence[Parcel]:
        """Encode the results of a batch, and its verdicts."""
        entry, columns = opened.kept.entry, opened.columns
        labels = self._labels.of(entry.site, entry.layout, columns.plan)
        parcels = (
            encode(columns, labels, epoch_ns=entry.epoch_ns),
            verdict_series(
                entry.site,
                columns,
                opened.standing,
                labels=self._labels,
                epoch_ns=entry.epoch_ns,
            ),
        )
        return [parcel for parcel in parcels if parcel is not None]

    async def deliver(self, parcels: Sequence[Parcel]) -> None:
        """Send fresh ones first, old ones after them."""
        now_ms = time.time_ns() // 1_000_000
        within = self._within_window(parcels, now_ms)
        fresh = [one for one in within if one.earliest_ms >= now_ms - _OLD_MS]
        old = [one for one in within if one.earliest_ms < now_ms - _OLD_MS]
        for group in (fresh, old):
            for request in _requests(group, self._settings.samples_per_request):
                await self._send(request)

    def _within_window(self, parcels: Sequence[Parcel], now_ms: int) -> list[Parcel]:
        """Return parcels without samples that the receiver is known not to take, counting those."""
        window_s = self._settings.window_s
        earliest_ms = 0 if window_s is None else now_ms - int(window_s * 1000)
        latest_ms = now_ms + _FUTURE_MS
        found: list[Parcel] = []
        for parcel in parcels:
            if earliest_ms <= parcel.earliest_ms and parcel.latest_ms <= latest_ms:
                found.append(parcel)
                continue
            samples = samples_in(parcel.body)
            good = [one for one in samples if earliest_ms <= one.time_ms <= latest_ms]
            self._drop(sum(one.time_ms < earliest_ms for one in samples), "too_old")
            self._drop(sum(one.time_ms > latest_ms for one in samples), "future")
            if good:
                found.append(_parcel_of(good))
        return found

    async def _send(self, parcels: Sequence[Parcel]) -> None:
        def body() -> bytes:
            return _compressed(b"".join(parcel.body for parcel in parcels))

        action, _ = await self._post.until_answered(body)
        if action is Action.DONE:
            self._sent(sum(parcel.samples for parcel in parcels))
        else:
            samples = await asyncio.to_thread(
                lambda: [one for parcel in parcels for one in samples_in(parcel.body)]
            )
            await self._halve(sorted(samples, key=lambda one: one.time_ms))

    async def _halve(self, samples: list[Sample]) -> None:
        """Deliver samples of which some are refused, in order of time, all but those."""
        waiting = [samples]
        too_old_ms = 0
        refused = 0
        while waiting:
            asked = waiting.pop()
            part = [one for one in asked if one.time_ms > too_old_ms]
            self._drop(len(asked) - len(part), "too_old")
            if refused >= _GIVE_UP_AFTER:
                self._drop(len(part), "refused")
                continue
            if not part:
                continue
            action, said = await self._post.until_answered(partial(_request, part))
            is_too_old = "too old" in said
            if action is Action.DONE:
                self._sent(len(part))
                refused = 0
            elif len(part) > 1:
                middle = len(part) // 2
                older, newer = part[:middle], part[middle:]
                # The last one is sent first. Without an out-of-order window that has to be the
                # older half; with one, the newer half finds the window's edge in few requests.
                waiting += (older, newer) if is_too_old else (newer, older)
            elif is_too_old:
                # The window is the same for all series: what is older is refused too.
                too_old_ms = part[0].time_ms
                self._drop(1, "too_old")
            else:
                refused += 1
                self._drop(1, "refused")

    def _sent(self, count: int) -> None:
        self._metrics.sent_samples.labels(self._settings.name).inc(count)

    def _drop(self, count: int, reason: str) -> None:
        if count:
            self._metrics.dropped_samples.labels(self._settings.name, reason).inc(count)


class RemoteWriteSink:
    """A courier with a client of its own, so that nothing it does can hold up another sink."""

    def __init__(self, settings: Settings, supplies: Supplies) -> None:
        self._settings = settings
        self._post = Post(settings.name, _place(settings), supplies.metrics)
        receiver = RemoteWrite(
            settings, self._post, LabelBook(supplies.labels_of), supplies.metrics
        )
        self._courier = Courier(
            settings.name,
            receiver,
            supplies,
            linger_s=settings.linger_s,
            jump=settings.jump_entries,
            entries=200,
            size_bytes=4 << 20,
        )

    @property
    def lag(self) -> int:
        """See ``Sink``."""
        return self._courier.lag

    async def run(self) -> None:
        """See ``Sink``."""
        await self._courier.run()

    async def close(self) -> None:
        """See ``Sink``."""
        await self._post.close()


def _place(settings: Settings) -> Place:
    headers = {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        "User-Agent": "thongsuot-collector",
    }
    if settings.bearer_file:
        headers["Authorization"] = f"Bearer {_secret(settings.bearer_file)}"
    if settings.username:
        pair = f"{settings.username}:{_secret(settings.password_file)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    is_https = urlsplit(settings.url).scheme == "https"
    tls = ssl.create_default_context(cafile=settings.ca_file or None) if is_https else None
    return Place(url=settings.url, headers=headers, timeout_s=settings.timeout_s, tls=tls)


def _secret(file: str) -> str:
    return Path(file).read_text("utf-8").strip()


def _request(samples: Sequence[Sample]) -> bytes:
    return _compressed(request_of(samples))


def _compressed(request: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(request))


def _requests(parcels: Iterable[Parcel], limit: int) -> Iterable[list[Parcel]]:
    """Yield parcels in groups of about as many samples as a request should have."""
    group: list[Parcel] = []
    samples = 0
    for parcel in parcels:
        group.append(parcel)
        samples += parcel.samples
        if samples >= limit:
            yield group
            group, samples = [], 0
    if group:
        yield group


def _parcel_of(samples: Sequence[Sample]) -> Parcel:
    times_ms = [one.time_ms for one in samples]
    return Parcel(
        body=request_of(samples),
        samples=len(samples),
        earliest_ms=min(times_ms),
        latest_ms=max(times_ms),
    )


SINK = SinkKind(settings=Settings, check=check, make=RemoteWriteSink)
