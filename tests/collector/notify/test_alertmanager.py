"""Alertmanager: the contract, what an alert is, and what is repeated."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.making import city, cut, mend, message_of, outage, secret_file, town
from tests.collector.notify.peer import WELL, Peer
from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.notify import load
from thongsuot_collector.notify.alertmanager import Alertmanager, Settings, check
from thongsuot_collector.notify.telling.message import Message, Outcome

BEARER = "bearer-of-the-cluster"
TROUBLE = {
    "503": Outcome.BUSY,
    "400": Outcome.REFUSED,
    "401": Outcome.SHUT,
    "404": Outcome.SHUT,
    "500": Outcome.UNSURE,
    "drop": Outcome.UNSURE,
}


class AlertStand:
    trouble = MappingProxyType(TROUBLE)
    echo = "echo"
    secrets = (BEARER,)
    knows_keys = True

    def __init__(self, peer: Peer, folder: Path) -> None:
        self.peer = peer
        self.behave = peer.folder.behave
        self.settings = Settings(
            kind="alertmanager",
            name="main",
            urls=(f"http://127.0.0.1:{peer.port}/",),
            bearer_file=secret_file(folder, "bearer", BEARER),
            timeout_s=5.0,
        )

    def start(self) -> None:
        self.peer.start()

    def stop(self) -> None:
        self.peer.stop()

    def channel(self) -> Alertmanager:
        check(self.settings)
        return Alertmanager(self.settings)

    def told(self) -> list[str]:
        return [one["kind"] for one in self.peer.folder.received()]

    def labels(self) -> list[dict[str, str]]:
        return [
            msgspec.json.decode(one["alert"], type=dict[str, str])
            for one in self.peer.folder.received()
        ]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[AlertStand]:
    peer = Peer("tests.collector.notify.alert_receiver", tmp_path / "peer").start()
    yield AlertStand(peer, tmp_path)
    peer.stop()


def with_memo(message: Message, memo: str | None) -> Message:
    assert memo is not None
    return msgspec.structs.replace(message, memo=memo)


async def test_labels_stay_from_the_opening_to_the_end_whatever_the_incident_becomes(
    stand: AlertStand,
) -> None:
    made = town(city())
    opened = message_of(outage(made), made)
    channel = stand.channel()
    answer = await channel.tell(opened)
    fewer = msgspec.structs.replace(
        opened,
        kind=Kind.RESOLVED,
        document=msgspec.structs.replace(
            opened.document, affected=opened.document.affected[:1], rule="link_fault"
        ),
        memo=answer.memo or "",
    )
    assert (await channel.tell(fewer)).outcome is Outcome.DELIVERED
    await channel.close()
    first, last = stand.labels()
    assert first == last
    assert stand.told() == ["opened", "resolved"]
    assert first["alertname"] == "carrier_outage"
    assert (first["party"], first["responsible"]) == ("carrier", "vnpt")
    assert "site" not in first


async def test_an_alert_of_one_link_says_which(stand: AlertStand) -> None:
    made = town(city())
    channel = stand.channel()
    await channel.tell(message_of(cut(made, "s3"), made))
    await channel.close()
    (labels,) = stand.labels()
    wanted = {"site": "s3", "link": "fiber", "carrier": "vnpt", "medium": "fiber"}
    assert labels.items() >= wanted.items()
    assert labels["audience"] == "carrier:vnpt"
    assert "severity" not in labels


async def test_what_is_open_is_repeated_and_what_is_over_is_not(stand: AlertStand) -> None:
    made = town(city())
    message = message_of(cut(made), made)
    channel = stand.channel()
    memo = (await channel.tell(message)).memo
    stand.stop()
    (stand.peer.folder.path / "received.jsonl").unlink()
    stand.start()  # it has forgotten everything
    assert (await channel.repeat([with_memo(message, memo)])).outcome is Outcome.DELIVERED
    assert stand.told() == ["opened"]
    await channel.tell(with_memo(message_of(mend(made), made), memo))
    await channel.repeat([with_memo(message, memo)])
    assert stand.told() == ["opened", "resolved"]
    await channel.close()


async def test_one_member_of_a_cluster_that_has_it_is_enough(
    stand: AlertStand, tmp_path: Path
) -> None:
    made = town(city())
    other = Peer("tests.collector.notify.alert_receiver", tmp_path / "other").start()
    urls = (*stand.settings.urls, f"http://127.0.0.1:{other.port}")
    channel = Alertmanager(msgspec.structs.replace(stand.settings, urls=urls))
    other.folder.behave("500")
    answer = await channel.tell(message_of(cut(made), made))
    assert answer.outcome is Outcome.DELIVERED
    assert "1 of 2 did not: 500" in answer.text
    stand.behave("503")
    answer = await channel.tell(message_of(cut(made, "s3"), made))
    assert answer.outcome is Outcome.UNSURE
    other.folder.behave(WELL)
    await channel.close()
    other.stop()


def test_an_alert_that_would_end_between_two_repetitions_is_refused_at_start() -> None:
    settings = Settings(kind="alertmanager", name="a", urls=("http://a:9093",), lasts_s=100.0)
    with pytest.raises(ValueError, match="lasts_s is 100 s"):
        check(settings)
    assert load("alertmanager").settings is Settings
