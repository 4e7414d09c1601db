"""Webhooks: the contract, the signature, and the body that is documented."""

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
from tests.collector.notify.channel_contract import tell_once
from tests.collector.notify.making import (
    city,
    cut,
    mend,
    message_of,
    outage,
    secret_file,
    town,
)
from tests.collector.notify.peer import WELL, Peer
from thongsuot_collector.notify import load
from thongsuot_collector.notify.telling.message import Outcome
from thongsuot_collector.notify.telling.signature import TOLERANCE_S, is_genuine, sign
from thongsuot_collector.notify.webhook import Body, Settings, Webhook, check, encode

SECRET = "kéo-cắt-giấy/+=bí-mật"
BEARER = "eyJhbGciOi.J9.token"
SCHEMA = Path(__file__).parents[3] / "docs" / "reference" / "webhook.schema.json"


TROUBLE = {
    "503": Outcome.BUSY,
    "400": Outcome.REFUSED,
    "401": Outcome.SHUT,
    "403": Outcome.SHUT,
    "404": Outcome.SHUT,
    "301": Outcome.SHUT,
    "413": Outcome.REFUSED,
    "422": Outcome.REFUSED,
    "429": Outcome.BUSY,
    "500": Outcome.UNSURE,
    "504": Outcome.UNSURE,
    "drop": Outcome.UNSURE,
}


class WebhookStand:
    trouble = MappingProxyType(TROUBLE)
    echo = "echo"
    secrets = (SECRET, BEARER, "geheim-und-lang")
    knows_keys = True

    def __init__(self, peer: Peer, folder: Path) -> None:
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
            timeout_s=5.0,
        )

    def start(self) -> None:
        self._peer.start()

    def stop(self) -> None:
        self._peer.stop()

    def channel(self) -> Webhook:
        check(self.settings)
        return Webhook(self.settings)

    def bodies(self) -> list[Body]:
        return [msgspec.json.decode(one["body"], type=Body) for one in self._peer.folder.received()]

    def told(self) -> list[str]:
        return [one.kind for one in self.bodies()]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[WebhookStand]:
    peer = Peer("tests.collector.notify.webhook_receiver", tmp_path / "peer", SECRET).start()
    yield WebhookStand(peer, tmp_path)
    peer.stop()


async def test_a_receiver_that_does_not_answer_may_have_it(stand: WebhookStand) -> None:
    made = town(city())
    channel = Webhook(msgspec.structs.replace(stand.settings, timeout_s=0.2))
    stand.behave("hang")
    answer = await channel.tell(message_of(cut(made), made))
    await channel.close()
    assert answer.outcome is Outcome.UNSURE
    assert answer.text == "no answer within 0.2 s"
    stand.behave(WELL)
    assert await tell_once(stand, message_of(made.told[0], made)) is Outcome.DELIVERED
    assert len(stand.bodies()) == 1


async def test_the_wait_that_a_receiver_asks_for_is_passed_on(stand: WebhookStand) -> None:
    made = town(city())
    stand.behave("429")
    channel = stand.channel()
    answer = await channel.tell(message_of(cut(made), made))
    await channel.close()
    assert answer.retry_after_s == 7


async def test_a_body_says_what_is_told_to_whom_and_what_it_rests_on(stand: WebhookStand) -> None:
    made = town(city())
    opened, resolved = cut(made), mend(made)
    for event in (opened, resolved):
        assert await tell_once(stand, message_of(event, made)) is Outcome.DELIVERED
    first, last = stand.bodies()
    assert (first.conversation, first.kind) == (last.conversation, "opened")
    assert first.delivery == f"{opened.id}:carrier:vnpt:main"
    assert (first.audience.party, first.audience.name) == ("carrier", "vnpt")
    assert "FTTH-0000" in first.title
    (affected,) = first.incident.affected
    assert (affected.circuit, affected.carrier, affected.site) == ("FTTH-0000", "vnpt", "s0")
    (shown,) = first.incident.shown
    (source,) = opened.incident.exhibits[0].batches
    (batch,) = shown.batches
    assert (batch.stream, batch.number) == (source.stream, source.number)
    assert batch.digest == source.digest.hex()
    assert last.incident.closed_at is not None
    assert first.incident.closed_at is None


def test_a_signature_holds_for_its_body_its_secret_and_its_time() -> None:
    header = sign(b"body", ["new", "old"], at_s=1_000)
    assert is_genuine(header, b"body", "new", now_s=1_000)
    assert is_genuine(header, b"body", "old", now_s=1_000 + TOLERANCE_S)
    assert not is_genuine(header, b"body", "other", now_s=1_000)
    assert not is_genuine(header, b"body!", "new", now_s=1_000)
    assert not is_genuine(header, b"body", "new", now_s=1_001 + TOLERANCE_S)
    assert not is_genuine(header, b"body", "new", now_s=999 - TOLERANCE_S)
    later = header.replace("t=1000", "t=1001")
    assert not is_genuine(later, b"body", "new", now_s=1_000)
    for broken in ("", "t=", "v1=x", "t=1000", "t=x,v1=y", "t=1000,t=1000,v1=z", "é"):
        assert not is_genuine(broken, b"body", "new", now_s=1_000)


def test_bodies_are_as_documented() -> None:
    made = town(city())
    schema = json.loads(SCHEMA.read_text("utf-8"))
    for event in (cut(made), mend(made), outage(made, "viettel")):
        body = json.loads(encode(message_of(event, made), time.time_ns()))
        jsonschema.validate(body, schema)


def test_the_example_in_the_documentation_is_a_body() -> None:
    text = SCHEMA.with_name("webhook.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    jsonschema.validate(json.loads(example), json.loads(SCHEMA.read_text("utf-8")))
    assert msgspec.json.decode(example, type=Body, strict=True).incident.affected


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": ""}, "url or url_file: one of them is needed"),
        ({"url": "ftp://x.example/"}, "not http:// or https://"),
        ({"url": "http://a:b@x.example/"}, "holds credentials"),
        ({"secret_file": "/nowhere"}, "No such file"),
        ({"username": "u"}, "username and password_file belong together"),
        ({"ca_file": "/nowhere"}, "No such file"),
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
