"""
Access to a commissioning run: first today's code, then the key of the run.

The code follows from the device's token, of which the collector keeps the hash: it can be checked
without a working line, and shown at the centre to those who may see the site.
"""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from thongsuot_schema.commissioning.run import CODE_DIGITS, commissioning_code
from thongsuot_schema.words.dates import local

TRIES = 5
TRIES_WITHIN_NS = 600 * 1_000_000_000
"""
Wrong codes that are taken in this time: with three codes good at once, guessing one takes years.
"""

_DAYS = (0, -1, 1)
"""A code that was read out before midnight, or a device whose clock is some hours off."""


class CodeProblem(StrEnum):
    """Why a code does not begin a run."""

    WRONG = "wrong"
    TOO_MANY = "too_many"


class CodeCheck:
    """Compares codes. ``token`` returns the device's token, ``wall_s`` Unix time as it is known."""

    def __init__(
        self, token: Callable[[], str], now_ns: Callable[[], int], wall_s: Callable[[], float]
    ) -> None:
        self._token = token
        self._now_ns = now_ns
        self._wall_s = wall_s
        self._wrong: deque[int] = deque(maxlen=TRIES)

    def problem(self, typed: str) -> CodeProblem | None:
        """Return the error of a code; ``None``: it is valid."""
        now_ns = self._now_ns()
        if len(self._wrong) == TRIES and now_ns - self._wrong[0] < TRIES_WITHIN_NS:
            return CodeProblem.TOO_MANY
        digits = "".join(letter for letter in typed if letter in "0123456789")
        if len(digits) == CODE_DIGITS and digits in self.good_codes():
            return None
        self._wrong.append(now_ns)
        return CodeProblem.WRONG

    def good_codes(self) -> list[str]:
        """Return the codes that are good now, today's first."""
        # Loaded when somebody types a code, as the hashes of ``commissioning_code`` are.
        from thongsuot_schema.enrolment import token_digest  # noqa: PLC0415

        digest = bytes.fromhex(token_digest(self._token()))
        today = local(self._wall_s()).date()
        return [
            commissioning_code(digest, (today + timedelta(days=days)).isoformat()) for days in _DAYS
        ]
