"""
Apprise: chat services (Zalo and a hundred others) by their URLs; e-mail has its own channel.

The library only reports success, so after a failure it is unknown whether the service has the
message. The reason is in its log, which is captured for each message, scrubbed, and only shown to
people: no decision depends on it, and it is not written to our log (it may contain credentials).
"""

import asyncio
import logging
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import get_ident
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from thongsuot_collector.clients import Scrubber, read_secret
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.requests_transport import bound_requests
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    PeopleMessage,
)
from thongsuot_collector.notify.recipients import combined_result, pending_recipients
from thongsuot_collector.notify.settings import MAX_CONCURRENT_SENDS, ChannelSettings
from thongsuot_schema.localizable import Localizable

with warnings.catch_warnings():
    # Some of its hundred plugins use modules that Python 3.13 removed.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apprise
    from apprise.attachment.memory import AttachMemory

    # The first URL loads all plugins, which takes seconds: load them at start, not at the first
    # incident.
    apprise.Apprise.instantiate("json://localhost")

EMAIL, PHONE, ADDRESS = "{email}", "{phone}", "{address}"
"""Placeholders of a URL for the receiver of a message."""

_TEXT_CHARACTERS = 200

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(ChannelSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``apprise``.

    ``url_file`` holds one Apprise URL: a secret, because it contains credentials. In it ``{email}``
    or ``{phone}`` is replaced by those of the party's contacts, one message each, and ``{address}``
    by the address after the channel's name in the inventory, which also replaces the others if it
    is given. ``timeout_s`` bounds one message. ``attach`` adds the incident as JSON if the service
    accepts files.
    """

    url_file: str
    timeout_s: Positive = 30.0
    attach: bool = True


def check(settings: Settings) -> None:
    """Reject settings that cannot work: see ``ChannelKind``."""
    url = read_secret(settings.url_file)
    if url.partition(":")[0].lower() in {"mailto", "mailtos"}:
        raise ValueError(
            Localizable(
                '{url_file}: for e-mail there is kind = "email"', url_file=settings.url_file
            )
        )
    places = {EMAIL: "a@b.example", PHONE: "+84000000000", ADDRESS: "1234"}
    for place, example in places.items():
        url = url.replace(place, quote(example))
    if apprise.Apprise.instantiate(url) is None:
        version = apprise.__version__
        raise ValueError(
            Localizable(
                "{url_file} holds no URL that Apprise {version} knows",
                url_file=settings.url_file,
                version=version,
            )
        )


class AppriseChannel:
    """The channel; see ``Channel``."""

    is_read_by_people = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = read_secret(settings.url_file)
        self._scrubber = Scrubber(_secrets_in(self._url))
        scheme = self._url.partition(":")[0].lower()
        self.display_name = scheme.removesuffix("s")
        # Not the loop's threads: a hanging service must not block the store.
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT_SENDS, thread_name_prefix=settings.name)

    async def send(self, message: PeopleMessage) -> ChannelResult:
        """Send to each of a party's people that does not have it yet."""
        people = self._people(message)
        if not people:
            return ChannelResult(
                outcome=ChannelOutcome.REJECTED,
                text=f"the inventory has nobody of {message.audience} to put into the URL",
            )
        results = {
            person: await self._send(message, person)
            for person in pending_recipients(message, people)
        }
        return combined_result(message, people, results)

    async def close(self) -> None:
        """Release the threads; hanging ones end by their own time-outs."""
        self._threads.shutdown(wait=False)

    def _people(self, message: PeopleMessage) -> tuple[str, ...]:
        """
        Return the recipients to put into the URL; one empty name if the URL has no placeholder.
        """
        if message.address:
            return (message.address,)
        if EMAIL in self._url:
            return message.contact.emails
        if PHONE in self._url:
            return message.contact.phones
        return () if ADDRESS in self._url else ("",)

    async def _send(self, message: PeopleMessage, person: str) -> ChannelResult:
        url = self._url
        for place in (EMAIL, PHONE, ADDRESS):
            url = url.replace(place, quote(person, safe=""))
        loop = asyncio.get_running_loop()
        send = partial(_notify, url, message, attach=self._settings.attach)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                is_sent, logged = await loop.run_in_executor(self._threads, send)
        except TimeoutError:
            text = f"no answer within {self._settings.timeout_s:g} s"
            return ChannelResult(outcome=ChannelOutcome.UNKNOWN, text=text)
        if is_sent:
            return ChannelResult(outcome=ChannelOutcome.DELIVERED, text="accepted")
        text = " ".join(self._scrubber.scrub(logged).split())[-_TEXT_CHARACTERS:]
        return ChannelResult(outcome=ChannelOutcome.UNKNOWN, text=text or "not accepted")


class _LogCapture(logging.Filter):
    """Removes the library's records from the log, and keeps those caused by our threads."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[int, list[str]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Capture a record if this thread is sending for us; drop it from the log."""
        lines = self._lines.get(get_ident())
        if lines is not None:
            lines.append(record.getMessage())
        return False

    def begin(self) -> None:
        """Begin to capture the log of this thread."""
        self._lines[get_ident()] = []

    def end(self) -> str:
        """Return the captured log of this thread, and stop capturing."""
        return "\n".join(self._lines.pop(get_ident(), []))


_LOG_CAPTURE = _LogCapture()


def _catch_logs() -> None:
    """Keep messages of the library and its HTTP client out of every log."""
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.addFilter(_LOG_CAPTURE)
    for name in ("urllib3", "requests", "requests_oauthlib", "oauthlib"):
        # They log URLs, which contain a token for some services.
        logging.getLogger(name).setLevel(logging.CRITICAL)


_catch_logs()
bound_requests()


def _notify(url: str, message: PeopleMessage, *, attach: bool) -> tuple[bool, str]:
    """Send one message; return whether it was accepted, and the library's log. Blocks."""
    _LOG_CAPTURE.begin()
    try:
        # Typed loosely by the library: its plugins differ.
        plugin: Any = apprise.Apprise.instantiate(url)
        if plugin is None:
            return False, f"not a URL for Apprise\n{_LOG_CAPTURE.end()}"
        file, kind = None, apprise.NotifyType.INFO
        if isinstance(message, NotificationMessage):
            kind = _type_of(message.kind, message.incident)
        if attach and plugin.attachment_support and isinstance(message, NotificationMessage):
            name = f"{message.incident.id}-{message.record.number}.json"
            kept: Any = AttachMemory
            file = apprise.AppriseAttachment(
                kept(message.attachment, name=name, mimetype="application/json")
            )
        is_sent = plugin.notify(
            body=message.body,
            title=message.title,
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            attach=file,
        )
        return bool(is_sent), _LOG_CAPTURE.end()
    except Exception as error:  # noqa: BLE001 - an exception of one of a hundred plugins is an answer
        return False, f"{_LOG_CAPTURE.end()}\n{type(error).__name__}: {error}"
    finally:
        _LOG_CAPTURE.end()


def _type_of(kind: NotificationKind, incident: Incident) -> apprise.NotifyType:
    if kind is NotificationKind.RESOLVED:
        return apprise.NotifyType.SUCCESS
    is_grave = incident.severity.value in {"critical", "major"}
    return apprise.NotifyType.FAILURE if is_grave else apprise.NotifyType.WARNING


def _secrets_in(url: str) -> list[str]:
    """Return the secret parts of an Apprise URL: everything except the scheme and plain words."""
    parts = urlsplit(url)
    secrets = [url, parts.username or "", parts.password or "", parts.netloc.rpartition("@")[0]]
    # Even the "host" may be a token (``zalo://{token}/{chat}``).
    secrets += [parts.netloc, parts.path, *parts.path.split("/"), parts.query]
    return [*secrets, *(unquote(secret) for secret in secrets)]


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=AppriseChannel,
    notifies="people by Zalo and a hundred other chat services",
    delivered_when="the service takes it",
    recognises_by="our own record of each person",
)
