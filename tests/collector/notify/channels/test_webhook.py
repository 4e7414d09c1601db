"""Webhooks: the contract, the signature, and the body that is documented."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.channel_contract import send_once
from tests.collector.notify.incident_events import (
    carrier_outage,
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    secret_file,
    steady_city,
)
from tests.collector.notify.receiver_process import WELL, ReceiverProcess
from tests.collector.running import WITHIN_S, eventually
from tests.loop_clock import LoopClock
from thongsuot_collector.notify.channels.webhook.channel import (
    Settings,
    WebhookBody,
    WebhookChannel,
    check,
    encode_body,
)
from thongsuot_collector.notify.channels.webhook.signature import (
    TOLERANCE_S,
    sign_body,
    verify_signature,
)
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.message import ChannelOutcome

SECRET = "kéo-cắt-giấy/+=bí-mật"
BEARER = "eyJhbGciOi.J9.token"
SCHEMA = Path(__file__).parents[4] / "docs" / "reference" / "webhook.schema.json"


TROUBLE = {
    "503": ChannelOutcome.RETRY,
    "400": ChannelOutcome.REJECTED,
    "401": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "403": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "404": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "301": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "413": ChannelOutcome.REJECTED,
    "422": ChannelOutcome.REJECTED,
    "429": ChannelOutcome.RETRY,
    "500": ChannelOutcome.UNKNOWN,
    "504": ChannelOutcome.UNKNOWN,
    "drop": ChannelOutcome.UNKNOWN,
}


class WebhookFixture:
    failure_outcomes = MappingProxyType(TROUBLE)
    echo = "echo"
    secrets = (SECRET, BEARER, "geheim-und-lang")
    absent_outcome = ChannelOutcome.RETRY
    deduplicates = True

    def __init__(self, peer: ReceiverProcess, folder: Path) -> None:
        self._peer = peer
        self.behave = peer.folder.behave
        self.settings = Settings(
            kind="webhook",
            name="main",
            url_file=secret_file(
                folder, "url", f"http://127.0.0.1:{peer.port}/hooks/geheim-und-lang"
            ),
            secret_file=secret_file(folder, "secret", SECRET),
            bearer_file=secret_file(folder, "bearer", BEARER),
            timeout_s=WITHIN_S,
        )

    def start(self) -> None:
        self._peer.start()

    def stop(self) -> None:
        self._peer.stop()

    def channel(self) -> WebhookChannel:
        check(self.settings)
        return WebhookChannel(self.settings)

    def bodies(self) -> list[WebhookBody]:
        return [
            msgspec.json.decode(request["body"], type=WebhookBody)
            for request in self._peer.folder.received()
        ]

    def received_kinds(self) -> list[str]:
        return [body.kind for body in self.bodies()]


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[WebhookFixture]:
    peer = ReceiverProcess(
        "tests.collector.notify.webhook_receiver", tmp_path / "peer", SECRET
    ).start()
    yield WebhookFixture(peer, tmp_path)
    peer.stop()


async def test_a_receiver_that_does_not_answer_may_have_it(
    fixture: WebhookFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = steady_city(city_inventory())
    clock, channel = LoopClock(monkeypatch), fixture.channel()
    fixture.behave("hang")
    sending = asyncio.create_task(channel.send(message_of(cut_fibre(made), made)))
    await eventually(fixture.bodies)
    clock.put_forward(WITHIN_S)
    answer = await sending
    await channel.close()
    assert answer.outcome is ChannelOutcome.UNKNOWN
    assert answer.text == f"no answer within {WITHIN_S:g} s"
    fixture.behave(WELL)
    assert (
        await send_once(fixture, message_of(made.notifications[0], made))
        is ChannelOutcome.DELIVERED
    )
    assert len(fixture.bodies()) == 1


async def test_the_wait_that_a_receiver_asks_for_is_passed_on(fixture: WebhookFixture) -> None:
    made = steady_city(city_inventory())
    fixture.behave("429")
    channel = fixture.channel()
    answer = await channel.send(message_of(cut_fibre(made), made))
    await channel.close()
    assert answer.retry_after_s == 7


async def test_a_body_names_the_fault_its_receiver_and_its_evidence(
    fixture: WebhookFixture,
) -> None:
    made = steady_city(city_inventory())
    opened, resolved = cut_fibre(made), restore_fibre(made)
    for event in (opened, resolved):
        assert await send_once(fixture, message_of(event, made)) is ChannelOutcome.DELIVERED
    first, last = fixture.bodies()
    assert (first.thread_id, first.kind) == (last.thread_id, "opened")
    assert first.delivery == f"{opened.id}:carrier:vnpt:main"
    assert (first.audience.party, first.audience.name) == ("carrier", "vnpt")
    assert "FTTH-0000" in first.title
    (affected,) = first.incident.affected
    assert (affected.circuit, affected.carrier, affected.site) == ("FTTH-0000", "vnpt", "s0")
    (shown,) = first.incident.subject_evidence
    (source,) = opened.incident.member_evidence[0].batches
    (batch,) = shown.batches
    assert (batch.stream, batch.number) == (source.stream, source.number)
    assert batch.digest == source.digest.hex()
    assert last.incident.closed_at is not None
    assert first.incident.closed_at is None


def test_a_signature_holds_for_its_body_its_secret_and_its_time() -> None:
    header = sign_body(b"body", ["new", "old"], at_s=1_000)
    assert verify_signature(header, b"body", "new", now_s=1_000)
    assert verify_signature(header, b"body", "old", now_s=1_000 + TOLERANCE_S)
    assert not verify_signature(header, b"body", "other", now_s=1_000)
    assert not verify_signature(header, b"body!", "new", now_s=1_000)
    assert not verify_signature(header, b"body", "new", now_s=1_001 + TOLERANCE_S)
    assert not verify_signature(header, b"body", "new", now_s=999 - TOLERANCE_S)
    later = header.replace("t=1000", "t=1001")
    assert not verify_signature(later, b"body", "new", now_s=1_000)
    for broken in ("", "t=", "v1=x", "t=1000", "t=x,v1=y", "t=1000,t=1000,v1=z", "é"):
        assert not verify_signature(broken, b"body", "new", now_s=1_000)


def test_bodies_are_as_documented() -> None:
    made = steady_city(city_inventory())
    schema = json.loads(SCHEMA.read_text("utf-8"))
    for event in (cut_fibre(made), restore_fibre(made), carrier_outage(made, "viettel")):
        body = json.loads(encode_body(message_of(event, made), time.time_ns()))
        jsonschema.validate(body, schema)


def test_the_example_in_the_documentation_is_a_body() -> None:
    text = SCHEMA.with_name("webhook.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    jsonschema.validate(json.loads(example), json.loads(SCHEMA.read_text("utf-8")))
    assert msgspec.json.decode(example, type=WebhookBody, strict=True).incident.affected


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": ""}, "url or url_file: one of them is needed"),
        ({"url": "ftp://x.example/"}, "not http:// or https://"),
        ({"url": "http://a:b@x.example/"}, "holds credentials"),
        ({"secret_file": "/nowhere"}, "(?i)no such file"),
        ({"username": "u"}, "username and password_file belong together"),
        ({"ca_file": "/nowhere"}, "(?i)no such file"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    good = {
        "kind": "webhook",
        "name": "a",
        "url": "https://x.example/",
        "secret_file": secret_file(tmp_path, "s", SECRET),
    }
    check(msgspec.convert(good, Settings))
    with pytest.raises((OSError, ValueError), match=sentence):
        check(msgspec.convert(good | changes, Settings))
    assert load("webhook").settings is Settings
