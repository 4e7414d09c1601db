"""
How often a pair of Alertmanagers notifies people again, after one of the two was restarted.

``./run bench alertmanager_pair``: for each wait of ``--cluster.peer-timeout`` a pair, an alert for
each of 600 incidents, one member killed and started again, and the ends of all alerts, evenly
spread. Since the restart the members' intervals begin at other moments. The pairs run side by side,
on loopback, and take six minutes. Printed are the alerts that people were notified of again after
they had been notified of the end, and those whose end they were notified of twice at one moment.
These are the figures of docs/reference/channels/alertmanager.md; nothing of the collector is used.
"""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
from tests.ports import free_port

PEER_TIMEOUTS = ("15s", "5s")
ALERTS = 600
INTERVAL_S = 30.0
DELIVERY_S = 1.0
"""How long the receiver takes: a mail server would."""

SETTLED_S = 15.0
AWAY_S = 7.0
AT_ONCE_S = 5.0
CONFIG = """
route: {{receiver: people, group_by: ['...'], group_wait: 1s, group_interval: {interval:.0f}s}}
receivers: [{{name: people, webhook_configs: [{{url: "http://127.0.0.1:{port}/"}}]}}]
"""


class People:
    """Receives the notifications of one pair: their times by alert and status."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], list[float]] = defaultdict(list)
        people = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    people.told[alert["labels"]["number"], alert["status"]].append(time.monotonic())
                time.sleep(DELIVERY_S)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


class Pair:
    """Two Alertmanagers that gossip."""

    def __init__(self, folder: Path, peer_timeout: str, people: People) -> None:
        self._folder, self._peer_timeout = folder, peer_timeout
        self._config = folder / "alertmanager.yml"
        self._config.write_text(CONFIG.format(interval=INTERVAL_S, port=people.port), "utf-8")
        self._web = [free_port(), free_port()]
        self._gossip = [free_port(), free_port()]
        self._members = [self._start(0), self._start(1)]

    async def restart(self) -> None:
        """Kill the second one, and start it again."""
        self._members[1].kill()
        self._members[1].wait()
        await asyncio.sleep(AWAY_S)
        self._members[1] = self._start(1)

    async def post(self, client: httpx.AsyncClient, number: int, ends_s: float) -> None:
        """Post an alert to both, as the collector does; ``ends_s`` is Unix time."""
        alert = {
            "labels": {"alertname": "bench", "number": str(number)},
            "endsAt": datetime.fromtimestamp(ends_s, UTC).isoformat(),
        }
        for port in self._web:
            with suppress(httpx.TransportError):  # it is away
                await client.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=[alert])

    def close(self) -> None:
        """End both."""
        for member in self._members:
            member.kill()
            member.wait()

    def _start(self, own: int) -> subprocess.Popen[bytes]:
        gossip = f"127.0.0.1:{self._gossip[own]}"
        command = ["prometheus-alertmanager", f"--config.file={self._config}"]
        command += [f"--storage.path={self._folder / str(own)}"]
        command += [f"--web.listen-address=127.0.0.1:{self._web[own]}"]
        command += [f"--cluster.listen-address={gossip}", f"--cluster.advertise-address={gossip}"]
        command += [f"--cluster.peer=127.0.0.1:{self._gossip[1 - own]}"]
        command += [f"--cluster.peer-timeout={self._peer_timeout}"]
        with (self._folder / f"{own}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


async def run_pair(folder: Path, peer_timeout: str) -> int:
    """
    Run one pair from its start to the end of all alerts, and print its line; return how many alerts
    were told again after their end.
    """
    people, chance = People(), random.Random(14)
    pair = Pair(folder, peer_timeout, people)
    try:
        async with httpx.AsyncClient(timeout=10) as client:

            async def post_all(spread_s: float, *, is_ended: bool) -> None:
                for number in chance.sample(range(ALERTS), ALERTS):
                    await pair.post(client, number, time.time() + (0.0 if is_ended else 3_600.0))
                    await asyncio.sleep(spread_s / ALERTS)

            await asyncio.sleep(SETTLED_S)
            await post_all(INTERVAL_S, is_ended=False)
            await asyncio.sleep(2 * INTERVAL_S)
            await pair.restart()
            # The collector repeats them: the intervals of the second one begin now.
            await post_all(INTERVAL_S, is_ended=False)
            await asyncio.sleep(2 * INTERVAL_S)
            await post_all(2 * INTERVAL_S, is_ended=True)
            await asyncio.sleep(3 * INTERVAL_S)
    finally:
        pair.close()
        people.close()
    ends = [times for (_, status), times in people.told.items() if status == "resolved"]
    again = sum(
        max(times) > min(people.told.get((number, "resolved"), times))
        for (number, status), times in people.told.items()
        if status == "firing"
    )
    at_once = sum(len(times) > 1 and max(times) - min(times) <= AT_ONCE_S for times in ends)
    print(
        f"--cluster.peer-timeout={peer_timeout}: of {ALERTS} alerts {len(ends)} ends were told; "
        f"{again} alerts were told as firing again after their end, {at_once} ends twice within "
        f"{AT_ONCE_S:.0f} s",
        flush=True,
    )
    return again


def main() -> int:
    """Run all pairs side by side; return the exit code: 1 if the shorter wait does not help."""
    with tempfile.TemporaryDirectory(prefix="thongsuot-alerts-") as made:
        folders = [Path(made) / peer_timeout for peer_timeout in PEER_TIMEOUTS]
        for folder in folders:
            folder.mkdir()

        async def run() -> list[int]:
            return await asyncio.gather(*map(run_pair, folders, PEER_TIMEOUTS))

        long, short = asyncio.run(run())
    return int(short > long / 2)


if __name__ == "__main__":
    sys.exit(main())
