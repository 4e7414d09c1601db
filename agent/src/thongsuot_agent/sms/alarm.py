"""
Alarm: texts people once when every line has been down for a while.

A SIM without data service can often still send a text message: the cell's control channel and the
SMS centre are independent of the packet core. Messages per day are limited, also across restarts,
because each one costs the site's SIM money.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Never

import msgspec

from thongsuot_agent.clock import NS_PER_S, Clocks
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.judge.memory import IssuedVerdict
from thongsuot_agent.kept_file import KeptFile
from thongsuot_agent.sms.modem import SmsNotSent, WrongPin, send_texts
from thongsuot_agent.sms.pdu import submit
from thongsuot_agent.sms.text import DeadLine, alarm_text
from thongsuot_schema.state import State

_LOOK_S: Final = 5.0
_DAY_S: Final = 86_400.0
_RETRY_S: Final = (60.0, 300.0, 1_800.0)
"""
A cell that has just come up accepts nothing for a minute; after three attempts the alarm gives up.
"""

_SENT: Final = msgspec.json.Decoder(list[float])

_log = logging.getLogger(__name__)


class SmsAlarm:
    """
    Watches the verdicts on the links.

    ``verdicts`` returns those in force, ``trusted_wall_ns`` the time if the clock is trusted.
    ``path`` is the file with the times of sent messages.
    """

    def __init__(
        self,
        config: AgentConfig,
        *,
        verdicts: Callable[[], Iterable[IssuedVerdict]],
        clock: Clocks,
        trusted_wall_ns: Callable[[], int | None],
        path: Path,
        look_s: float = _LOOK_S,
    ) -> None:
        self._config = config
        self._verdicts = verdicts
        self._clock = clock
        self._trusted_wall_ns = trusted_wall_ns
        self._file = KeptFile(path)
        self._look_s = look_s
        self._is_told = False
        self._is_locked = False
        self._tries = 0
        self._next_try_ns = 0
        self._sent_ns = self._sent_before()
        """The boot times of the messages of the last day."""
        self._left: tuple[str, ...] = ()
        """The remaining numbers of this outage, after a partially failed attempt."""

    async def run(self) -> Never:
        """Check every few seconds."""
        while True:
            await self.send_due()
            await asyncio.sleep(self._look_s)

    async def send_due(self) -> None:
        """Send the message if it is due."""
        now_ns = self._clock.boottime_ns()
        dead = self._dead_lines()
        if not dead:
            self._is_told, self._tries, self._next_try_ns, self._left = False, 0, 0, ()
            return
        latest_ns = max(issued.onset_ns for issued in dead)
        is_due = now_ns - latest_ns >= self._config.sms.after_s * NS_PER_S
        if not is_due or self._is_told or self._is_locked or now_ns < self._next_try_ns:
            return
        await self._send_alarm(dead, now_ns)

    def _dead_lines(self) -> list[IssuedVerdict]:
        """Return the verdicts on the links if all of them are down; else nothing."""
        links = [issued for issued in self._verdicts() if not issued.verdict.service]
        is_dead = all(issued.verdict.state is State.DOWN for issued in links)
        return links if links and is_dead else []

    async def _send_alarm(self, dead: Sequence[IssuedVerdict], now_ns: int) -> None:
        sms = self._config.sms
        self._sent_ns = [at_ns for at_ns in self._sent_ns if now_ns - at_ns <= _DAY_S * NS_PER_S]
        room = sms.per_day - len(self._sent_ns)
        numbers = (self._left or sms.to)[: max(0, room)]
        if not numbers:
            _log.warning(
                "cannot send text message: %d were sent in 24 hours, `per_day` is %d; not sent",
                len(self._sent_ns),
                sms.per_day,
            )
            self._is_told = True
            return
        text = alarm_text(self._place(), self._lines(dead), has_marks=sms.diacritics)
        pdus = [submit(number, text, is_ucs2=sms.diacritics) for number in numbers]
        # Counted before the attempt: the outcome of an interrupted message is unknown.
        self._sent_ns += [now_ns] * len(numbers)
        self._save_sent()
        try:
            await send_texts(sms.device, sms.baud, sms.pin_file, pdus)
        except WrongPin as error:
            self._is_locked = True
            _log.error("cannot send text message: %s; no retry before a restart", error)
        except SmsNotSent as error:
            self._left = numbers[error.sent :]
            self._try_again(error, now_ns)
        else:
            self._is_told = True
            _log.info("text message sent numbers=%d characters=%d", len(numbers), len(text))

    def _try_again(self, error: SmsNotSent, now_ns: int) -> None:
        if self._tries == len(_RETRY_S):
            self._is_told = True
            _log.warning("cannot send text message: %s; no further attempt in this outage", error)
            return
        wait_s = _RETRY_S[self._tries]
        self._tries += 1
        self._next_try_ns = now_ns + round(wait_s * NS_PER_S)
        _log.warning("cannot send text message: %s; retrying in %.0f s", error, wait_s)

    def _place(self) -> str:
        site = self._config.site
        return site.commune_title or site.title or site.name

    def _lines(self, dead: Sequence[IssuedVerdict]) -> list[DeadLine]:
        carriers = {carrier.name: carrier.title for carrier in self._config.carriers}
        links = {link.name: link for link in self._config.links}
        lines = []
        for issued in dead:
            link = links.get(issued.verdict.link)
            carrier = "" if link is None else carriers.get(link.carrier) or link.carrier
            medium = issued.verdict.link if link is None else link.medium.value
            lines.append(DeadLine(medium, carrier, self._wall_s(issued.onset_ns)))
        return lines

    def _wall_s(self, at_ns: int) -> float | None:
        wall_ns = self._trusted_wall_ns()
        if wall_ns is None:
            return None
        return (wall_ns - self._clock.boottime_ns() + at_ns) / NS_PER_S

    def _sent_before(self) -> list[int]:
        """
        Return the boot times of an earlier process's messages.

        Only here does the wall clock count: steps of it while the agent runs neither use up a day's
        messages nor allow more. A time ahead of it is of a clock that was wrong, and counts as now:
        as it stands, no message could be sent until then (a clock in 2038, for twelve years).
        """
        sent_s = self._file.read(_SENT.decode) or []
        now_ns, wall_s = self._clock.boottime_ns(), self._clock.wall_ns() / NS_PER_S
        ages_s = [max(0.0, wall_s - at_s) for at_s in sent_s]
        return [now_ns - round(age_s * NS_PER_S) for age_s in ages_s if age_s <= _DAY_S]

    def _save_sent(self) -> None:
        now_ns, wall_s = self._clock.boottime_ns(), self._clock.wall_ns() / NS_PER_S
        sent_s = [wall_s - (now_ns - at_ns) / NS_PER_S for at_ns in self._sent_ns]
        self._file.replace(msgspec.json.encode(sent_s))
