"""A carrier's ticket system as the receiver of the channel of tickets."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.collector.notify.carrier_fixture import (
    FAILURE_OUTCOMES,
    SECRETS,
    CarrierFixture,
)
from thongsuot_collector.notify.channels.tmf621.channel import Settings, TroubleTicketChannel
from thongsuot_collector.notify.http.tmf_api import check_tmf
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
)


class TicketFixture:
    failure_outcomes = FAILURE_OUTCOMES
    echo = "echo"
    secrets = SECRETS
    absent_outcome = ChannelOutcome.RETRY
    deduplicates = True

    def __init__(self, carrier: CarrierFixture, version: int) -> None:
        self.carrier = carrier
        self.desk = carrier.desk
        self.version = version
        self.start = carrier.start
        self.stop = carrier.stop
        self.behave = carrier.behave
        self.settings = self.with_settings()

    def with_settings(self, **more: object) -> Settings:
        """Return the channel's settings, some of them otherwise."""
        every = {
            "kind": "tmf621",
            "version": self.version,
            "customer": "UBND-HN",
            **self.carrier.credentials(),
            **self.carrier.callback("http://127.0.0.1:9"),
            **more,
        }
        return msgspec.convert(every, Settings)

    def channel(self) -> TroubleTicketChannel:
        check_tmf(self.settings)
        return TroubleTicketChannel(self.settings)

    def received_kinds(self) -> list[str]:
        kinds = []
        for ticket in self.tickets():
            kinds.append("opened")
            if ticket["status"] in {"resolved", "cancelled"}:
                kinds.append("resolved")
        return kinds

    def tickets(self) -> list[dict[str, Any]]:
        return self.desk.tickets(self.version)

    async def tell(self, message: NotificationMessage) -> ChannelResult:
        channel = self.channel()
        try:
            return await channel.send(message)
        finally:
            await channel.close()


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CarrierFixture]:
    desk = CarrierFixture(tmp_path_factory.mktemp("carrier"))
    yield desk
    desk.stop()


@pytest.fixture(params=[5, 4])
def fixture(carrier: CarrierFixture, request: pytest.FixtureRequest) -> TicketFixture:
    carrier.clear()
    return TicketFixture(carrier, request.param)
