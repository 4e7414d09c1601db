"""Receivers that tests of the dispatch share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.notify.dispatch.webhook_receivers import SECRET, WebhookReceiver
from tests.collector.notify.receiver_process import ReceiverProcess


@pytest.fixture
def first(tmp_path: Path) -> Iterator[WebhookReceiver]:
    peer = ReceiverProcess(
        "tests.collector.notify.webhook_receiver", tmp_path / "first", SECRET
    ).start()
    yield WebhookReceiver(peer, tmp_path)
    peer.stop()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[WebhookReceiver]:
    peer = ReceiverProcess(
        "tests.collector.notify.webhook_receiver", tmp_path / "second", SECRET
    ).start()
    yield WebhookReceiver(peer, tmp_path)
    peer.stop()
