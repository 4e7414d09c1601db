"""Failed logins: blocks an address for a while after too many wrong passwords."""

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from math import ceil

from prometheus_client import Counter
from starlette.exceptions import HTTPException

from thongsuot_collector.ingest.rate_limit import RateLimiter, network_of
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_collector.web import labels
from thongsuot_schema.words.language import in_every_language

_PER_SECOND, _RESERVE = 0.1, 20.0
"""
A person with typing errors never reaches it; an attacker gets nine thousand attempts a day instead
of millions.
"""
_KNOWN_KEPT = 10_000
_KNOWN_FOR_S = 12 * 3600.0

_log = logging.getLogger(__name__)


class FailedLogins:
    """
    Rate-limits password guessing.

    A browser sends the password with each request. A password that was right within the last hours
    is accepted even while another client behind the same proxy or carrier's NAT is guessing.
    """

    def __init__(self, failed: Counter, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._failed = failed
        self._clock = clock
        self._addresses = RateLimiter(
            per_second=_PER_SECOND, reserve=_RESERVE, sender_of=network_of
        )
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._warnings = RepeatedWarnings(clock=clock)

    def check(
        self, address: str, credentials: bytes, *, begin: Callable[[], float] | None = None
    ) -> None:
        """
        Check whether credentials may be tried, and count the attempt as failed until
        ``record_login`` is called.

        ``begin`` starts an attempt with their name, and returns the required wait.

        Raises:
            HTTPException: 429, too many wrong passwords from this address.
        """
        now_s = self._clock()
        if self._is_known(credentials, now_s):
            return
        wait_s = 0.0 if begin is None else begin()
        if not wait_s and self._addresses.acquire(address, now_s=now_s):
            wait_s = 1 / _PER_SECOND
        if wait_s:
            self._failed.inc()
            ending = self._warnings.ending(network_of(address))
            if ending is not None:
                _log.warning(
                    "too many wrong passwords from address=%s; refused for a while%s",
                    address,
                    ending,
                )
            raise HTTPException(
                HTTPStatus.TOO_MANY_REQUESTS,
                in_every_language(labels.TOO_MANY_WRONG_PASSWORDS),
                {"Retry-After": str(ceil(wait_s))},
            )

    def count(self) -> None:
        """Count a wrong password from a form."""
        self._failed.inc()

    def record_login(self, address: str, credentials: bytes, *, is_right: bool) -> None:
        """Record the result of a checked login."""
        now_s, digest = self._clock(), _digest(credentials)
        was_known = self._is_known(credentials, now_s)
        if not is_right:
            self._failed.inc()
            if was_known:  # it was right until recently, and therefore not counted
                del self._known[digest]
                self._addresses.charge(address, now_s=now_s, cost=1.0)
            return
        if not was_known:
            self._addresses.charge(address, now_s=now_s, cost=-1.0)
        self._known[digest] = now_s
        self._known.move_to_end(digest)
        if len(self._known) > _KNOWN_KEPT:
            self._known.popitem(last=False)

    def _is_known(self, credentials: bytes, now_s: float) -> bool:
        return now_s - self._known.get(_digest(credentials), -_KNOWN_FOR_S) < _KNOWN_FOR_S


def _digest(credentials: bytes) -> bytes:
    # Right credentials are not kept in the clear; a plain hash is only kept in this process.
    return hashlib.sha256(credentials).digest()
