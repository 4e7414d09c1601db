"""
Which version of remote write a receiver speaks: 2.0 where it offers that, else 1.0.

Offered means more than accepted: Prometheus 2.53 and VictoriaMetrics 1.112 answer a request of 2.0
with 204, and store nothing of it (seen 2026-11). A receiver of 2.0 says how many samples it wrote,
in a header that the specification demands; who does not say so is asked again in 1.0.

Source: Prometheus remote-write specification 2.0, sections Content-Type, Required Written Response
Headers, Partial Write, 2.x vs 1.x Compatibility.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cramjam

from thongsuot_collector.delivery.http_status import DeliveryAction
from thongsuot_collector.delivery.retrying_client import DeliveryRequest, RetryingClient, SendResult
from thongsuot_collector.samples.version2 import request_of_version1

_HEADERS_1 = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
_HEADERS_2 = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "X-Prometheus-Remote-Write-Version": "2.0.0",
}
_WRITTEN = "x-prometheus-remote-write-samples-written"

_TOO_LARGE = 413
_UNSUPPORTED = 415

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    What became of a request: ``done``, or ``split`` when none of it is sure to be written.

    ``written`` are the samples that the receiver has, ``said`` what a person should read.
    """

    action: DeliveryAction
    said: str
    written: int


class Versions:
    """
    Asks one receiver in the newest version that it speaks.

    ``newest``: find out whether it speaks 2.0; otherwise it is asked in 1.0. A receiver that was
    away is asked anew: it may have been replaced by a newer one.
    """

    def __init__(self, name: str, post: RetryingClient, *, newest: bool) -> None:
        self._name = name
        self._post = post
        self._newest = newest
        self._speaks_2: bool | None = None if newest else False

    async def ask(self, bodies: Sequence[bytes], count: int) -> Asked:
        """Send requests of version 1.0, put together as one, with so many samples in them."""
        if self._speaks_2 is False:
            return await self._ask_1(bodies, count)
        answer = await self._post.send(partial(_letter_2, bodies), also={_UNSUPPORTED})
        if answer.response.status == _TOO_LARGE:
            return Asked(action=DeliveryAction.SPLIT, said=answer.said, written=0)
        written = _written(answer)
        if written is None or (written == 0 < count and self._speaks_2 is None):
            # 415, or 2xx without a word of what was written, or 400 from one who cannot read it.
            self._settle(answer, speaks_2=False)
            return await self._ask_1(bodies, count)
        self._settle(answer, speaks_2=True)
        if answer.action is DeliveryAction.DONE or written:
            # Of a partial write the rest is refused for ever; the good part must not go again.
            return Asked(action=DeliveryAction.DONE, said=answer.said, written=min(written, count))
        return Asked(action=answer.action, said=answer.said, written=0)

    async def _ask_1(self, bodies: Sequence[bytes], count: int) -> Asked:
        answer = await self._post.send(partial(_letter_1, bodies))
        if answer.failures and self._newest:
            self._speaks_2 = None
        written = count if answer.action is DeliveryAction.DONE else 0
        return Asked(action=answer.action, said=answer.said, written=written)

    def _settle(self, answer: SendResult, *, speaks_2: bool) -> None:
        if self._speaks_2 is not speaks_2:
            _log.info(
                "remote write is of version %s sink=%s: the receiver answered %d to 2.0",
                "2.0" if speaks_2 else "1.0",
                self._name,
                answer.response.status,
            )
        self._speaks_2 = speaks_2


def _written(answer: SendResult) -> int | None:
    text = answer.response.headers.get(_WRITTEN, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _letter_1(bodies: Sequence[bytes]) -> DeliveryRequest:
    return DeliveryRequest(body=_compressed(b"".join(bodies)), headers=_HEADERS_1)


def _letter_2(bodies: Sequence[bytes]) -> DeliveryRequest:
    return DeliveryRequest(body=_compressed(request_of_version1(bodies)), headers=_HEADERS_2)


def _compressed(request: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(request))
