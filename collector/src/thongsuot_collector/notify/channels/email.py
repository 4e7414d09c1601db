"""
E-mail over SMTP (RFC 5321): every person of a party gets a message of their own.

The server's reply code decides the next step (RFC 5321, 4.2.3; RFC 4954, 6). When a connection
breaks after the message was offered, it is unknown whether the server has it: it is sent again
under the same Message-ID, by which mail programs recognise a copy.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from ipaddress import ip_address
from socket import gethostname
from types import MappingProxyType
from typing import Annotated, Final, Literal

import aiosmtplib
import msgspec

from thongsuot_collector.clients import Scrubber, client_context, read_secret
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
    PeopleMessage,
)
from thongsuot_collector.notify.recipients import combined_result, pending_recipients
from thongsuot_collector.notify.settings import ChannelSettings
from thongsuot_collector.printable import printable_line
from thongsuot_schema.localizable import Localizable

_TEXT_CHARACTERS = 200
_GOODBYE_S = 2.0

_DEFAULT_PORTS: Final[Mapping[str, int]] = MappingProxyType(
    {"tls": 465, "starttls": 587, "none": 25}
)

_OUTCOME_BY_CODE: Final[Mapping[int, ChannelOutcome]] = MappingProxyType(
    {
        432: ChannelOutcome.CHANNEL_UNAVAILABLE,  # a password has to be renewed (RFC 4954, 4.7.12)
        530: ChannelOutcome.CHANNEL_UNAVAILABLE,
        534: ChannelOutcome.CHANNEL_UNAVAILABLE,
        535: ChannelOutcome.CHANNEL_UNAVAILABLE,
        538: ChannelOutcome.CHANNEL_UNAVAILABLE,
        552: ChannelOutcome.RETRY,  # the mailbox is full
    }
)
"""Codes with another meaning than their first digit (4: temporary, 5: permanent)."""

Positive = Annotated[float, msgspec.Meta(gt=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Settings(ChannelSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``email``.

    ``host`` is the SMTP server; ``port`` 0 means 465 with ``security = "tls"``, 587 with
    ``"starttls"`` and 25 with ``"none"``. ``"starttls"`` refuses a server that does not offer it.
    ``sender`` is the address (or ``Name <address>``) that messages come from, ``reply_to`` where
    answers go instead. ``username`` and ``password_file`` are the credentials; without TLS they are
    only sent to this machine itself. ``ca_file`` has the authorities for the server's certificate.
    ``timeout_s`` bounds one connection. ``attach`` adds the incident as JSON.
    """

    host: str
    sender: str
    port: Port = 0
    security: Literal["starttls", "tls", "none"] = "starttls"
    reply_to: str = ""
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    timeout_s: Positive = 30.0
    attach: bool = True


def check(settings: Settings) -> None:
    """Reject settings that cannot work: see ``ChannelKind``."""
    for name, value in (("sender", settings.sender), ("reply_to", settings.reply_to)):
        if value and "@" not in parseaddr(value)[1]:
            raise ValueError(
                Localizable(
                    "{name} is not an e-mail address: {value}", name=name, value=repr(value)
                )
            )
    if not settings.sender:
        raise ValueError(Localizable("sender is empty"))
    if bool(settings.username) is not bool(settings.password_file):
        raise ValueError(Localizable("username and password_file belong together"))
    if settings.password_file:
        read_secret(settings.password_file)
        if settings.security == "none" and not _is_this_machine(settings.host):
            raise ValueError(
                Localizable(
                    'security = "none" would send the password to {host} in the clear',
                    host=settings.host,
                )
            )
    if settings.ca_file:
        client_context(settings.ca_file)


class EmailChannel:
    """The channel; see ``Channel``."""

    display_name = "email"
    is_read_by_people = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._password = read_secret(settings.password_file) if settings.password_file else ""
        secrets = [self._password, f"{settings.username}:{self._password}"]
        # AUTH PLAIN sends both in one Base64 text (RFC 4616), which a server may send back.
        secrets.append(f"\0{settings.username}\0{self._password}")
        self._hostname = gethostname()
        self._scrubber = Scrubber(secrets if self._password else ())
        self._tls = client_context(settings.ca_file) if settings.security != "none" else None

    async def send(self, message: PeopleMessage) -> ChannelResult:
        """Send to each of a party's people that does not have it yet, over one connection."""
        people = (message.address,) if message.address else message.contact.emails
        if not people:
            return ChannelResult(
                outcome=ChannelOutcome.REJECTED,
                text=f"the inventory has no e-mail address of {message.audience}",
            )
        results = await self._deliver(message, pending_recipients(message, people))
        return combined_result(message, people, results)

    async def close(self) -> None:
        """Do nothing: no connection stays open between two messages."""

    async def _deliver(
        self, message: PeopleMessage, recipients: Sequence[str]
    ) -> dict[str, ChannelResult]:
        """Return the result for each recipient; connecting and each message are bounded in time."""
        client = self._client()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            # Also a time-out: nobody has been sent anything.
            await _end(client)
            failure = ChannelResult(outcome=outcome_of_connecting(error), text=self._text(error))
            return dict.fromkeys(recipients, failure)
        results: dict[str, ChannelResult] = {}
        try:
            for recipient in recipients:
                if client.is_connected:
                    results[recipient] = await self._send_to(client, message, recipient)
                else:
                    text = "the server has closed the connection"
                    results[recipient] = ChannelResult(outcome=ChannelOutcome.RETRY, text=text)
        finally:
            await _end(client)
        return results

    async def _send_to(
        self, client: aiosmtplib.SMTP, message: PeopleMessage, recipient: str
    ) -> ChannelResult:
        try:
            mail = self._mail(message, recipient)
            sender = parseaddr(self._settings.sender)[1]
            async with asyncio.timeout(self._settings.timeout_s):
                await client.send_message(mail, sender=sender, recipients=[recipient])
        except TimeoutError:
            # In the middle of a dialogue: this connection cannot be used any more.
            client.close()
            text = f"no answer within {self._settings.timeout_s:g} s"
            return ChannelResult(outcome=ChannelOutcome.UNKNOWN, text=text)
        except aiosmtplib.SMTPRecipientsRefused as error:
            (refused,) = error.recipients
            return ChannelResult(outcome=outcome_of_code(refused.code), text=self._text(refused))
        except (aiosmtplib.SMTPException, OSError, ValueError, HeaderParseError) as error:
            return ChannelResult(outcome=outcome_of_sending(error), text=self._text(error))
        return ChannelResult(outcome=ChannelOutcome.DELIVERED, text="accepted")

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return _Client(
            hostname=settings.host,
            local_hostname=self._hostname,
            port=settings.port or _DEFAULT_PORTS[settings.security],
            username=settings.username or None,
            password=self._password or None,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            timeout=settings.timeout_s,
        )

    def _mail(self, message: PeopleMessage, recipient: str) -> EmailMessage:
        settings = self._settings
        if not all(recipient.rpartition("@")):
            raise ValueError(f"not an e-mail address: {recipient!r}")
        mail = EmailMessage()
        mail["From"] = settings.sender
        mail["To"] = Address(addr_spec=recipient)
        if settings.reply_to:
            mail["Reply-To"] = settings.reply_to
        mail["Subject"] = printable_line(message.title)
        mail["Date"] = format_datetime(datetime.fromtimestamp(message.at_ns // 10**9, UTC))
        domain = parseaddr(settings.sender)[1].rpartition("@")[2]
        digest = sha256(f"{message.key} {recipient}".encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{digest}@{domain}>"
        thread = f"<{message.thread_id}@{domain}>"
        mail["In-Reply-To"] = thread
        mail["References"] = thread
        # Suppresses out-of-office replies (RFC 3834, 5).
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Thongsuot-Delivery"] = message.key
        mail.set_content(message.body)
        if not isinstance(message, NotificationMessage):
            return mail
        mail["X-Thongsuot-Incident"] = message.incident.id
        mail["X-Thongsuot-Kind"] = message.kind.value
        if settings.attach:
            mail.add_attachment(
                message.attachment,
                maintype="application",
                subtype="json",
                filename=f"{message.incident.id}-{message.record.number}.json",
            )
        return mail

    def _text(self, error: Exception) -> str:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            text = f"{error.code} {error.message}"
        else:
            text = str(error) or type(error).__name__
        return printable_line(self._scrubber.scrub(text))[:_TEXT_CHARACTERS]


def outcome_of_code(code: int) -> ChannelOutcome:
    """Return the meaning of a server's reply code to a message or its recipient."""
    by_digit = ChannelOutcome.RETRY if code < 500 else ChannelOutcome.REJECTED
    return _OUTCOME_BY_CODE.get(code, by_digit)


def outcome_of_sending(error: Exception) -> ChannelOutcome:
    """Return the meaning of an error in place of the server's acceptance of a mail."""
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        # Our address is refused, not this mail: a person has to change something.
        is_temporary = error.code < 500
        return ChannelOutcome.RETRY if is_temporary else ChannelOutcome.CHANNEL_UNAVAILABLE
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return outcome_of_code(error.code)
    if isinstance(error, aiosmtplib.SMTPNotSupported | ValueError | HeaderParseError):
        # An address that this server cannot accept, or an invalid one.
        return ChannelOutcome.REJECTED
    return ChannelOutcome.UNKNOWN


def outcome_of_connecting(error: Exception) -> ChannelOutcome:
    """
    Return the meaning of an error before the first message: nothing has been sent to anybody.

    A certificate that is not trusted, a refused password and a server without STARTTLS or AUTH need
    a person; everything else may be better in a moment.
    """
    if _is_about_certificates(error):
        return ChannelOutcome.CHANNEL_UNAVAILABLE
    if isinstance(error, aiosmtplib.SMTPResponseException):
        is_temporary = error.code < 500 and error.code not in _OUTCOME_BY_CODE
        return ChannelOutcome.RETRY if is_temporary else ChannelOutcome.CHANNEL_UNAVAILABLE
    if isinstance(error, OSError):  # includes the library's connection errors and time-outs
        return ChannelOutcome.RETRY
    return ChannelOutcome.CHANNEL_UNAVAILABLE


def _is_about_certificates(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Client(aiosmtplib.SMTP):
    """A client whose connection is gone once it is closed, also when its task is cancelled."""

    def close(self) -> None:
        """Close the connection at once: an orderly TLS shutdown waits for the server up to 30 s."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


async def _end(client: aiosmtplib.SMTP) -> None:
    """
    End the dialogue; every recipient has a result by now, which the answer to QUIT does not change.
    """
    try:
        if client.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_GOODBYE_S)
    finally:
        client.close()


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=EmailChannel,
    notifies="people by e-mail (SMTP)",
    delivered_when="the mail server accepts the mail",
    recognises_by="our own record of each person, and `Message-ID`",
)
