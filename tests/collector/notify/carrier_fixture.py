"""A carrier's desk as the receiver of a channel, for the contract of channels."""

from pathlib import Path
from types import MappingProxyType

from tests import tmf
from tests.collector.notify.incident_events import secret_file
from tests.collector.running import WITHIN_S
from tests.lab_room.carrier_desk.desk_process import CarrierDeskProcess
from thongsuot_collector.notify.message import ChannelOutcome

TOKEN = "khach-hang.Ha-Noi+/="
CALLBACK = "bí-mật-của-kênh"
FAILURE_OUTCOMES = MappingProxyType(
    {
        "503": ChannelOutcome.RETRY,
        "429": ChannelOutcome.RETRY,
        "400": ChannelOutcome.REJECTED,
        "401": ChannelOutcome.CHANNEL_UNAVAILABLE,
        "403": ChannelOutcome.CHANNEL_UNAVAILABLE,
        "404": ChannelOutcome.CHANNEL_UNAVAILABLE,
        "500": ChannelOutcome.RETRY,  # what was asked first was only a question
        "drop": ChannelOutcome.RETRY,
    }
)
SECRETS = (TOKEN, CALLBACK)


class CarrierFixture:
    """The desk, how it is reached, and what its people see."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = CarrierDeskProcess(folder / "desk", token=TOKEN).start()
        self._mood = "well"

    def credentials(self) -> dict[str, object]:
        """Return settings that every channel to it has."""
        return {
            "name": "main",
            "url": f"{self.desk.url}/",
            "bearer_file": secret_file(self.folder, "bearer", TOKEN),
            "timeout_s": WITHIN_S,
        }

    def callback(self, url: str) -> dict[str, str]:
        """Return settings by which it calls back."""
        return {
            "callback_url": url,
            "callback_token_file": secret_file(self.folder, "callback", CALLBACK),
        }

    def start(self) -> None:
        """Be there again, in the same mood."""
        self.desk.start()
        self.desk.set_failure_mode(self._mood)

    def stop(self) -> None:
        """Let nobody be there."""
        self.desk.stop()

    def behave(self, how: str) -> None:
        """Let it answer customers in a way; where nobody is there, once somebody is."""
        self._mood = how
        if self.desk.is_running:
            self.desk.set_failure_mode(how)

    def clear(self) -> None:
        """Be there, in good mood, and know of nothing."""
        self._mood = "well"
        if not self.desk.is_running:
            self.desk.start()
        self.desk.operator_call("POST", "clear", {})

    def check_exchanges(self) -> int:
        """Hold everything that was asked and answered against the published files."""
        tmf.need()
        exchanges = self.desk.exchanges()
        for exchange in exchanges:
            tmf.check_exchange(exchange)
        return len(exchanges)
