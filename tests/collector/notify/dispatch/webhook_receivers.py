"""Two webhook receivers of one party, and the service's settings that name them."""

from pathlib import Path

import msgspec

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.incident_events import (
    city_inventory,
    secret_file,
    steady_city,
)
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import WITHIN_S
from thongsuot_collector.notify.channels.webhook.channel import (
    Settings,
    WebhookBody,
    WebhookChannel,
)
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.settings import NotifySettings

SECRET = "sesame"


class WebhookReceiver:
    """A webhook receiver, and the channel to it."""

    def __init__(self, peer: ReceiverProcess, folder: Path) -> None:
        self.peer = peer
        self.behave = peer.folder.behave
        self._secret = secret_file(folder, "secret", SECRET)

    def channel(self, timeout_s: float = WITHIN_S) -> WebhookChannel:
        url = f"http://127.0.0.1:{self.peer.port}/"
        return WebhookChannel(
            Settings(
                kind="webhook", name="x", url=url, secret_file=self._secret, timeout_s=timeout_s
            )
        )

    def bodies(self) -> list[WebhookBody]:
        return [
            msgspec.json.decode(request["body"], type=WebhookBody)
            for request in self.peer.folder.received()
        ]

    def received_kinds(self) -> list[str]:
        return [body.kind for body in self.bodies()]


def both(
    first: WebhookReceiver, second: WebhookReceiver, *, timeout_s: float = WITHIN_S
) -> dict[str, Channel]:
    return {"first": first.channel(timeout_s), "second": second.channel()}


def settings(escalate_after_s: float = 60.0) -> NotifySettings:
    return NotifySettings(
        channels=("first", "second"), retry_s=0.01, escalate_after_s=escalate_after_s
    )


def two_channels() -> CityFixture:
    """Return a city whose carriers are notified by both channels."""
    return steady_city(city_inventory(carrier_channels=("first", "second")))


def one_and_a_fallback() -> CityFixture:
    """Return a city whose carriers are notified by the first channel, else by the second."""
    return steady_city(city_inventory(carrier_channels=("first",), carrier_fallbacks=("second",)))
