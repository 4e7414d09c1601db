"""Channel: one way of telling people or their systems, and what some of them can do besides."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from thongsuot_collector.notify.telling.hub import Hub
from thongsuot_collector.notify.telling.message import Answer, Message, News, Open


class Channel(Protocol):
    """
    One way of telling.

    ``tell`` tries once and returns what came of it, within a bound of its own; a receiver that
    misbehaves is an answer, an exception is our own bug. It may be called again with the same key
    after any outcome, and by several tasks at once for different conversations. ``word`` is what
    people call it, see ``words.parties.CHANNELS``.
    """

    word: str

    async def tell(self, message: Message) -> Answer:
        """Try once to tell."""

    async def close(self) -> None:
        """Let go of what was opened."""


@runtime_checkable
class Repeating(Protocol):
    """
    A channel whose receiver forgets: it wants to hear everything that is open again and again.

    ``repeat`` sends the newest message of each open conversation once more; it tells nobody.
    """

    repeat_s: float

    async def repeat(self, messages: Sequence[Message]) -> Answer:
        """Say again what is open."""


@runtime_checkable
class Watching(Protocol):
    """
    A channel whose receiver acts and says so: it is asked every ``look_s``, or when it calls at the
    ``hub``.
    """

    look_s: float
    hub: Hub

    async def look(self, known: Sequence[Open]) -> Sequence[News]:
        """
        Ask for news of what is open; where nothing can be learned now, there is none.

        Only what is known for sure is returned: it is written into the incident.
        """
