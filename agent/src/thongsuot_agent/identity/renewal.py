"""
Renewal: the next certificate, for a new key, when two thirds of the life of this one are over.

The next one is requested with the current one; failures are retried, at most every six hours, until
the current one has expired: then only a new code helps.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Never

import msgspec

from thongsuot_agent.identity.certificate_file import (
    CertificateFile,
    CertificateUnusable,
    PendingCertificate,
)
from thongsuot_agent.uplink.answer import PostResponse
from thongsuot_agent.worker import WorkerFailed
from thongsuot_schema.renewal import RenewalRequest as Asked
from thongsuot_schema.renewal import RenewalResponse

CHECK_EVERY_S = 60.0
_DUE_SHARE = 2 / 3
_FIRST_S, _LONGEST_S = 60.0, 6 * 3600.0
_OK = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalCallbacks:
    """
    What a renewal needs of the agent: ``wall_s`` is the trusted time (``None``: none), ``post``
    sends a request to the collector, ``jitter`` returns a number from 0 to 1.
    """

    wall_s: Callable[[], float | None]
    post: Callable[[bytes], Awaitable[PostResponse]]
    jitter: Callable[[], float]


class CertificateRenewal:
    """Looks after one pair of key and certificate."""

    def __init__(self, pair: CertificateFile, means: RenewalCallbacks) -> None:
        self._pair = pair
        self._next = PendingCertificate(pair.file)
        self._means = means
        self._failures = 0
        self.problem = ""
        """Why the latest renewal did not work; empty when it did, or none was due."""

    async def run(self) -> Never:
        """Renew whenever it is due, until cancelled."""
        while True:
            wait_s = await self.renew_if_due()
            await asyncio.sleep(wait_s)

    async def renew_if_due(self) -> float:
        """Renew, if that is due; return after how many seconds to look again."""
        validity, now_s = self._pair.validity, self._means.wall_s()
        if validity is None or now_s is None:
            return CHECK_EVERY_S
        life_s = validity.not_after_s - validity.not_before_s
        if now_s < validity.not_before_s + _DUE_SHARE * life_s:
            return CHECK_EVERY_S
        if now_s > validity.not_after_s:
            return self._fail("this device's certificate has run out: enrol it again")
        try:
            return await self._renew()
        except (OSError, WorkerFailed, CertificateUnusable) as error:  # with OSError a time-out
            return self._fail(f"cannot renew the certificate: {error}")

    async def _renew(self) -> float:
        asked = Asked(certificate_request=await self._next.request())
        response = await self._means.post(msgspec.json.encode(asked))
        answer = _answer(response.body)
        if response.status == _OK and answer is not None and answer.certificate:
            await self._next.install(answer.certificate)
            if self._failures:
                _log.info("certificate renewed after failures=%d", self._failures)
            else:
                _log.info("certificate renewed")
            self._failures, self.problem = 0, ""
            return CHECK_EVERY_S
        sentence = "" if answer is None else answer.error
        why = sentence or response.problem or f"status {response.status}, which is no answer to it"
        after = response.retry_after
        at_least_s = float(after) if after.isascii() and after.isdigit() else 0.0
        return self._fail(f"cannot renew the certificate: {why}", min(at_least_s, _LONGEST_S))

    def _fail(self, problem: str, at_least_s: float = 0.0) -> float:
        self.problem = problem
        longest_s = min(_LONGEST_S, _FIRST_S * 2.0 ** min(self._failures, 16))
        self._failures += 1
        if self._failures & (self._failures - 1) == 0:  # the first, then once per doubling
            _log.error("%s; failures=%d, retrying", problem, self._failures)
        return max(longest_s * (0.5 + self._means.jitter() / 2), at_least_s)


def _answer(body: bytes) -> RenewalResponse | None:
    try:
        return msgspec.json.decode(body, type=RenewalResponse)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
