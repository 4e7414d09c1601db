"""
Apprise: e-mail first, and whatever else the library knows (Zalo, webhooks, many more) by its URL.

The library says only whether it worked; why it did not stands in its log. That log is caught for
each message, read for what to do next, and goes nowhere else: it may hold credentials.
"""

import asyncio
import logging
import re
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import get_ident
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote, urlsplit

import msgspec

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.notify import ChannelKind
from thongsuot_collector.notify.telling.line import AT_ONCE
from thongsuot_collector.notify.telling.message import Answer, Message, Outcome
from thongsuot_collector.notify.telling.secrets import Scrubber, secret_in
from thongsuot_collector.notify.telling.settings import ChannelSettings
from thongsuot_collector.notify.telling.statuses import outcome_of

with warnings.catch_warnings():
    # Some of its hundred plugins use what Python 3.13 no longer has.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apprise
    from apprise.attachment.memory import AttachMemory
    from apprise.plugins.email import NotifyEmail

    # The first URL loads all plugins, which takes seconds: now, not when something has happened.
    apprise.Apprise.instantiate("json://localhost")

EMAIL, PHONE, ADDRESS = "{email}", "{phone}", "{address}"
"""What in a URL stands for whom a message is for."""

_TEXT_CHARACTERS = 200

_SMTP: Final[Mapping[int, Outcome]] = MappingProxyType(
    {
        421: Outcome.BUSY,
        432: Outcome.SHUT,  # a password has to be renewed (RFC 4954)
        454: Outcome.BUSY,
        530: Outcome.SHUT,
        534: Outcome.SHUT,
        535: Outcome.SHUT,
        538: Outcome.SHUT,
        550: Outcome.REFUSED,
        551: Outcome.REFUSED,
        552: Outcome.BUSY,  # the mailbox is full
        553: Outcome.REFUSED,
        554: Outcome.REFUSED,
    }
)
"""RFC 5321, 4.2.3 and RFC 4954, 6; what is not here follows from its first digit."""

_SMTP_CODE = re.compile(r"\((\d{3}), b['\"]|refused: (\d{3}) ")
_HTTP_CODE = re.compile(r"error[=: ]+(\d{3})\b")
_NEVER_SENT = re.compile(
    r"Connection refused|Name or service not known|No route to host|Network is unreachable"
    r"|NewConnectionError|ConnectTimeout|Temporary failure in name resolution"
)

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(ChannelSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``apprise``.

    ``url_file`` holds one Apprise URL: a secret, because credentials stand in it. In it ``{email}``
    or ``{phone}`` is replaced by those of the party's contacts, one message each, and ``{address}``
    by what the inventory says after the channel's name, which is also taken for the others where it
    is there. ``timeout_s`` bounds one message. ``attach`` adds the incident as JSON where the
    service takes files.
    """

    url_file: str
    timeout_s: Positive = 30.0
    attach: bool = True


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``ChannelKind``."""
    url = secret_in(settings.url_file)
    places = {EMAIL: "a@b.example", PHONE: "+84000000000", ADDRESS: "1234"}
    for place, example in places.items():
        url = url.replace(place, quote(example))
    if apprise.Apprise.instantiate(url) is None:
        version = apprise.__version__
        raise ValueError(f"{settings.url_file} holds no URL that Apprise {version} knows")


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Who has one message already: the channel's memo, so that a second try leaves them alone."""

    key: str
    done: tuple[str, ...]


class Apprise:
    """The channel; see ``Channel``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = secret_in(settings.url_file)
        self._scrubber = Scrubber(_secrets_in(self._url))
        scheme = self._url.partition(":")[0].lower()
        self.word = "email" if scheme in {"mailto", "mailtos"} else scheme.removesuffix("s")
        # Not the loop's threads: a mail server that hangs must not keep the store from its work.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=settings.name)

    async def tell(self, message: Message) -> Answer:
        """Send to each of a party's people that does not have it yet."""
        people = self._people(message)
        if not people:
            return Answer(
                outcome=Outcome.REFUSED,
                text=f"the inventory has nobody of {message.audience} to put into the URL",
            )
        done = _done(message)
        answers: dict[str, Answer] = {}
        for one in people:
            if one not in done:
                answers[one] = await self._send(message, one)
        done |= {one for one, answer in answers.items() if answer.outcome is Outcome.DELIVERED}
        memo = msgspec.json.encode(Progress(key=message.key, done=tuple(sorted(done)))).decode()
        return _summed(answers, len(people), memo)

    async def close(self) -> None:
        """Let the threads go; what hangs ends by its own time-outs."""
        self._threads.shutdown(wait=False)

    def _people(self, message: Message) -> tuple[str, ...]:
        """Return whom the URL is to name; one empty name where it names nobody."""
        if message.address:
            return (message.address,)
        if EMAIL in self._url:
            return message.contact.emails
        if PHONE in self._url:
            return message.contact.phones
        return () if ADDRESS in self._url else ("",)

    async def _send(self, message: Message, person: str) -> Answer:
        url = self._url
        for place in (EMAIL, PHONE, ADDRESS):
            url = url.replace(place, quote(person, safe=""))
        loop = asyncio.get_running_loop()
        send = partial(_notify, url, message, attach=self._settings.attach)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                is_sent, said = await loop.run_in_executor(self._threads, send)
        except TimeoutError:
            text = f"no answer within {self._settings.timeout_s:g} s"
            return Answer(outcome=Outcome.UNSURE, text=text)
        if is_sent:
            return Answer(outcome=Outcome.DELIVERED, text="accepted")
        said = self._scrubber.scrub(said)
        return Answer(outcome=reading_of(said), text=" ".join(said.split())[-_TEXT_CHARACTERS:])


def reading_of(said: str) -> Outcome:
    """Return what the library's log of a message that failed means for it."""
    smtp = [int(one or other) for one, other in _SMTP_CODE.findall(said)]
    if smtp:
        return _SMTP.get(smtp[-1], Outcome.BUSY if smtp[-1] < 500 else Outcome.REFUSED)
    http = _HTTP_CODE.findall(said)
    if http:
        return outcome_of(int(http[-1]))[0]
    if _NEVER_SENT.search(said):
        return Outcome.BUSY
    return Outcome.UNSURE


class _Caught(logging.Filter):
    """Takes all that the library logs out of the log, and keeps what our own threads caused."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[int, list[str]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a line, where this thread is at work for us; nobody else sees it."""
        lines = self._lines.get(get_ident())
        if lines is not None:
            lines.append(record.getMessage())
        return False

    def begin(self) -> None:
        """Begin to keep what this thread logs."""
        self._lines[get_ident()] = []

    def end(self) -> str:
        """Return what this thread has logged, and keep no more."""
        return "\n".join(self._lines.pop(get_ident(), []))


_CAUGHT = _Caught()


def _catch_logs() -> None:
    """Let nothing of the library, nor of what it sends with, reach a log."""
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.addFilter(_CAUGHT)
    for name in ("urllib3", "requests", "requests_oauthlib", "oauthlib"):
        # They log URLs, and in those of some services stands a token.
        logging.getLogger(name).setLevel(logging.CRITICAL)


_catch_logs()


def _notify(url: str, message: Message, *, attach: bool) -> tuple[bool, str]:
    """Send one message; return whether it was taken, and what the library logged. Blocks."""
    _CAUGHT.begin()
    try:
        # Typed loosely by the library: its plugins differ.
        plugin: Any = apprise.Apprise.instantiate(url)
        if plugin is None:
            return False, f"error=400 not a URL for Apprise\n{_CAUGHT.end()}"
        if isinstance(plugin, NotifyEmail):
            plugin.headers.update(_headers(message))
        file = None
        if attach and plugin.attachment_support:
            name = f"{message.incident.id}-{message.entry.number}.json"
            kept: Any = AttachMemory
            file = apprise.AppriseAttachment(
                kept(message.attachment, name=name, mimetype="application/json")
            )
        is_sent = plugin.notify(
            body=message.body,
            title=message.title,
            notify_type=_type_of(message.kind, message.incident),
            body_format=apprise.NotifyFormat.TEXT,
            attach=file,
        )
        return bool(is_sent), _CAUGHT.end()
    except Exception as error:  # noqa: BLE001 - what one of a hundred plugins raises is an answer
        return False, f"{_CAUGHT.end()}\n{type(error).__name__}: {error}"
    finally:
        _CAUGHT.end()


def _headers(message: Message) -> dict[str, str]:
    """Return what lets a mail program keep one incident together, and a rule sort it."""
    return {
        "References": f"<{message.conversation}@thongsuot.invalid>",
        "X-Thongsuot-Incident": message.incident.id,
        "X-Thongsuot-Kind": message.kind.value,
        "X-Thongsuot-Delivery": message.key,
    }


def _type_of(kind: Kind, incident: Incident) -> apprise.NotifyType:
    if kind is Kind.RESOLVED:
        return apprise.NotifyType.SUCCESS
    is_grave = incident.severity.value in {"critical", "major"}
    return apprise.NotifyType.FAILURE if is_grave else apprise.NotifyType.WARNING


def _done(message: Message) -> set[str]:
    if not message.memo:
        return set()
    progress = msgspec.json.decode(message.memo, type=Progress)
    return set(progress.done) if progress.key == message.key else set()


def _summed(answers: Mapping[str, Answer], people: int, memo: str) -> Answer:
    """Return one answer for all of a party's people: somebody who may yet get it decides."""
    failed = {
        one: answer for one, answer in answers.items() if answer.outcome is not Outcome.DELIVERED
    }
    if not failed:
        return Answer(outcome=Outcome.DELIVERED, text=f"accepted for {people}", memo=memo)
    text = "; ".join(
        f"{one}: {answer.text}" if one else answer.text for one, answer in failed.items()
    )
    outcomes = {answer.outcome for answer in failed.values()}
    order = (Outcome.UNSURE, Outcome.BUSY, Outcome.SHUT, Outcome.REFUSED)
    worst = next(one for one in order if one in outcomes)
    if worst in {Outcome.SHUT, Outcome.REFUSED} and len(failed) < people:
        text = f"accepted for {people - len(failed)} of {people}; {text}"
        worst = Outcome.DELIVERED
    return Answer(outcome=worst, text=text, memo=memo)


def _secrets_in(url: str) -> list[str]:
    """Return what of an Apprise URL must not be seen: all but the scheme and plain words."""
    parts = urlsplit(url)
    found = [url, parts.username or "", parts.password or "", parts.netloc.rpartition("@")[0]]
    if parts.scheme.lower() not in {"mailto", "mailtos"}:
        # Of other services even the "host" may be a token (``zalo://{token}/{chat}``).
        found += [parts.netloc, parts.path, *parts.path.split("/"), parts.query]
    return [*found, *(unquote(one) for one in found)]


CHANNEL = ChannelKind(settings=Settings, check=check, make=Apprise)
