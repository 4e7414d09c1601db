"""E-mail: the contract with a real SMTP server, with and without TLS; each person notified once."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Literal

import aiosmtplib
import msgspec
import pytest
import trustme

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.channel_contract import attempts_for, running_service
from tests.collector.notify.incident_events import (
    HOTLINE,
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    secret_file,
    steady_city,
    unplug_cable,
)
from tests.collector.notify.receiver_process import WELL, ReceiverProcess
from tests.collector.running import WITHIN_S, eventually
from tests.loop_clock import LoopClock
from thongsuot_collector.notify.channels.email import (
    EmailChannel,
    Settings,
    check,
    outcome_of_code,
    outcome_of_connecting,
)
from thongsuot_collector.notify.message import ChannelOutcome, PartyContact
from thongsuot_collector.notify.render.document import IncidentDocument

USER = "thongsuot"
PASSWORD = "mat khau@cua:may/chu+="
FAILURE_OUTCOMES = {
    "451": ChannelOutcome.RETRY,
    "421": ChannelOutcome.RETRY,
    "550": ChannelOutcome.REJECTED,
    "data 451": ChannelOutcome.RETRY,
    "data 552": ChannelOutcome.RETRY,
    "data 554": ChannelOutcome.REJECTED,
    "sender 451": ChannelOutcome.RETRY,
    "sender 550": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "closed": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "lost": ChannelOutcome.UNKNOWN,
}

Security = Literal["none", "starttls", "tls"]


class MailFixture:
    failure_outcomes = MappingProxyType(FAILURE_OUTCOMES)
    absent_outcome = ChannelOutcome.RETRY
    echo = "echo"
    secrets = (PASSWORD, "khau@cua")
    deduplicates = False

    def __init__(self, folder: Path, security: Security) -> None:
        mail = folder / "mail"
        mail.mkdir()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            mail / "server.pem"
        )
        self.server = ReceiverProcess(
            "tests.collector.notify.mail_server", mail, USER, PASSWORD, security
        ).start()
        self.behave = self.server.folder.behave
        self.settings = Settings(
            kind="email",
            name="main",
            host="127.0.0.1",
            port=self.server.port,
            security=security,
            sender="Thông Suốt <thongsuot@hanoi.example>",
            username=USER,
            password_file=secret_file(folder, "password", PASSWORD),
            ca_file=str(folder / "ca.pem") if security != "none" else "",
            timeout_s=WITHIN_S,
        )

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def channel(self) -> EmailChannel:
        check(self.settings)
        return EmailChannel(self.settings)

    def received_kinds(self) -> list[str]:
        return [mail["kind"] for mail in self.mails()]

    def mails(self) -> list[dict[str, str]]:
        return self.server.folder.received()


@pytest.fixture(params=["starttls", "none", "tls"])
def fixture(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MailFixture]:
    made = MailFixture(tmp_path, request.param)
    yield made
    made.stop()


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailFixture]:
    made = MailFixture(tmp_path, "starttls")
    yield made
    made.stop()


async def test_a_carrier_gets_circuit_time_measurements_and_the_record(mail: MailFixture) -> None:
    city = steady_city(city_inventory())
    opened, resolved = cut_fibre(city), restore_fibre(city)
    channel = mail.channel()
    for event in (opened, resolved):
        assert (await channel.send(message_of(event, city))).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    first, last = mail.mails()
    assert first["to"] == "noc@vnpt.example"
    assert first["from"] == "Thông Suốt <thongsuot@hanoi.example>"
    assert first["subject"].startswith("[SC] FTTH-0000 mất kết nối 18:07 Phường 1, Điểm 0")
    assert "Mã kênh FTTH-0000 · Điểm 0" in first["text"]
    assert "sai số đồng hồ ± 0,01 giây" in first["text"]
    assert "Cùng điểm, kết nối 5G VIETTEL: Hoạt động bình thường" in first["text"]
    assert last["subject"].startswith("[Đã khắc phục] FTTH-0000 ")
    assert first["references"] == last["references"] == f"<{opened.id}@hanoi.example>"
    assert first["message_id"] != last["message_id"]
    document = msgspec.json.decode(first["attachment"], type=IncidentDocument)
    assert document.incident == opened.incident.id
    assert document.subject_evidence[0].batches
    assert first["files"] == f"['{opened.incident.id}-1.json']"


async def test_a_mail_sent_twice_has_the_same_message_id(mail: MailFixture) -> None:
    city = steady_city(city_inventory())
    message = message_of(cut_fibre(city), city)
    channel = mail.channel()
    await channel.send(message)
    await channel.send(message)
    await channel.close()
    first, second = mail.mails()
    assert first["message_id"] == second["message_id"]


async def test_staff_at_a_point_each_get_their_own_mail_in_plain_words(mail: MailFixture) -> None:
    city = steady_city(city_inventory(site_channels=("main",)))
    channel = mail.channel()
    result = await channel.send(message_of(unplug_cable(city), city))
    await channel.close()
    assert result.outcome is ChannelOutcome.DELIVERED
    mails = mail.mails()
    assert [message["to"] for message in mails] == ["cntt@s0.example", "truong@s0.example"]
    assert "Việc cần làm:" in mails[0]["text"]
    assert HOTLINE in mails[0]["text"]
    for word in ("ICMP", "mã băm", "IPv4"):
        assert word not in mails[0]["text"]


async def test_recipients_of_a_mail_get_no_second_one_when_another_is_retried(
    mail: MailFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory(site_channels=("main",)))
    event = unplug_cable(city)
    mail.behave("451 cntt@s0.example")
    async with running_service(city, tmp_path, {"main": mail.channel()}) as service:
        await service.accept(event)
        await eventually(lambda: len(attempts_for(service, event)) > 2)
        assert {message["to"] for message in mail.mails()} == {"truong@s0.example"}
        mail.behave(WELL)
        await eventually(service.is_idle)
    assert [message["to"] for message in mail.mails()] == ["truong@s0.example", "cntt@s0.example"]


async def test_a_refused_address_does_not_keep_the_mail_from_others(
    mail: MailFixture,
) -> None:
    city = steady_city(city_inventory(site_channels=("main",)))
    mail.behave("550 cntt@s0.example")
    channel = mail.channel()
    result = await channel.send(message_of(unplug_cable(city), city))
    await channel.close()
    assert result.outcome is ChannelOutcome.DELIVERED
    assert result.text.startswith("accepted for 1 of 2; cntt@s0.example: 550 ")
    assert [message["to"] for message in mail.mails()] == ["truong@s0.example"]


@pytest.mark.parametrize(
    "address", ["noc", "noc@vnpt.example\nBcc: a@b.example", "a b@vnpt.example", "noc@"]
)
async def test_an_invalid_address_is_rejected_and_adds_no_header(
    mail: MailFixture, address: str
) -> None:
    city = steady_city(city_inventory())
    message = msgspec.structs.replace(message_of(cut_fibre(city), city), address=address)
    channel = mail.channel()
    assert (await channel.send(message)).outcome is ChannelOutcome.REJECTED
    await channel.close()
    assert mail.mails() == []


async def test_a_party_without_an_address_is_reported(mail: MailFixture) -> None:
    city = steady_city(city_inventory())
    message = message_of(cut_fibre(city), city)
    message = msgspec.structs.replace(message, contact=PartyContact())
    channel = mail.channel()
    result = await channel.send(message)
    assert result.outcome is ChannelOutcome.REJECTED
    assert result.text == "the inventory has no e-mail address of carrier:vnpt"
    named = msgspec.structs.replace(message, address="truc@vnpt.example")
    assert (await channel.send(named)).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    assert [message["to"] for message in mail.mails()] == ["truc@vnpt.example"]


@pytest.mark.parametrize(
    ("how", "outcome"),
    [("hang", ChannelOutcome.UNKNOWN), ("deaf", ChannelOutcome.RETRY)],
)
async def test_a_server_that_hangs_is_bounded(
    mail: MailFixture, how: str, outcome: ChannelOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = steady_city(city_inventory())
    mail.behave(how)
    clock, channel = LoopClock(monkeypatch), mail.channel()
    sending = asyncio.create_task(channel.send(message_of(cut_fibre(city), city)))
    await eventually((mail.server.folder.path / "hangs").exists)
    clock.put_forward(WITHIN_S)
    result = await sending
    await channel.close()
    assert result.outcome is outcome


def visit_of_silent_server(listener: socket.socket, tls: ssl.SSLContext, came: Event) -> bytes:
    """Greet a client over TLS, then say nothing; return what it still sends on the wire."""
    visitor, _ = listener.accept()
    with tls.wrap_socket(visitor, server_side=True) as encrypted:
        encrypted.sendall(b"220 mail.example ESMTP\r\n")
        encrypted.recv(1024)
        plain = socket.socket(fileno=encrypted.detach())
    with plain:
        came.set()
        plain.settimeout(WITHIN_S)
        try:
            return plain.recv(1024)
        except ConnectionResetError:
            return b""


async def test_a_connection_is_gone_at_once_when_its_message_is_cancelled(tmp_path: Path) -> None:
    fixture = MailFixture(tmp_path, "tls")
    fixture.stop()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "mail" / "server.pem")
    city = steady_city(city_inventory())
    came = Event()
    with ThreadPoolExecutor(1) as pool, socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        visit = pool.submit(visit_of_silent_server, listener, tls, came)
        channel = EmailChannel(msgspec.structs.replace(fixture.settings, port=port))
        sending = asyncio.create_task(channel.send(message_of(cut_fibre(city), city)))
        assert await asyncio.to_thread(came.wait, WITHIN_S)
        sending.cancel()
        await asyncio.wait((sending,))
        last = await asyncio.wrap_future(visit)
    assert sending.cancelled()
    assert last == b"", "an orderly end waits for a server that says nothing"


async def test_a_server_of_another_authority_is_given_nothing(
    mail: MailFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    settings = msgspec.structs.replace(mail.settings, ca_file=str(tmp_path / "other.pem"))
    result = await EmailChannel(settings).send(message_of(cut_fibre(city), city))
    assert result.outcome is ChannelOutcome.CHANNEL_UNAVAILABLE
    assert "certificate" in result.text
    assert mail.mails() == []


async def test_a_server_that_offers_no_starttls_is_given_nothing(tmp_path: Path) -> None:
    city = steady_city(city_inventory())
    plain = MailFixture(tmp_path, "none")
    settings = msgspec.structs.replace(plain.settings, security="starttls")
    result = await EmailChannel(settings).send(message_of(cut_fibre(city), city))
    plain.stop()
    assert result.outcome is ChannelOutcome.CHANNEL_UNAVAILABLE
    assert plain.mails() == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sender": "thongsuot"}, "sender is not an e-mail address"),
        ({"sender": ""}, "sender is empty"),
        ({"reply_to": "nobody"}, "reply_to is not an e-mail address"),
        ({"username": ""}, "username and password_file belong together"),
        (
            {"security": "none", "host": "smtp.example"},
            "would send the password to smtp.example in the clear",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(
    mail: MailFixture, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        check(msgspec.structs.replace(mail.settings, **changes))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (450, ChannelOutcome.RETRY),
        (552, ChannelOutcome.RETRY),
        (550, ChannelOutcome.REJECTED),
        (530, ChannelOutcome.CHANNEL_UNAVAILABLE),
    ],
)
def test_a_code_means_what_the_rfc_says(code: int, outcome: ChannelOutcome) -> None:
    assert outcome_of_code(code) is outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (aiosmtplib.SMTPConnectError("refused"), ChannelOutcome.RETRY),
        (aiosmtplib.SMTPConnectResponseError(421, "busy"), ChannelOutcome.RETRY),
        (aiosmtplib.SMTPConnectResponseError(554, "no"), ChannelOutcome.CHANNEL_UNAVAILABLE),
        (aiosmtplib.SMTPAuthenticationError(454, "later"), ChannelOutcome.RETRY),
        (aiosmtplib.SMTPAuthenticationError(432, "renew"), ChannelOutcome.CHANNEL_UNAVAILABLE),
        (aiosmtplib.SMTPException("no AUTH"), ChannelOutcome.CHANNEL_UNAVAILABLE),
    ],
)
def test_an_error_before_the_message_was_offered_is_never_an_unknown_delivery(
    error: Exception, outcome: ChannelOutcome
) -> None:
    assert outcome_of_connecting(error) is outcome
