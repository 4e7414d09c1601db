"""The centre's receiver of notifications: every tool posts to it, over the network of the lab."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.compare.checks import CENTRE
from bench.compare.contract import Peer, PeerPlace

from thongsuot_lab.lab import Lab
from thongsuot_lab.spaces.enter import inside
from thongsuot_schema.segment import Party

PORT = 8470


@dataclass(slots=True)
class NotificationReceiver:
    """Listens at the centre for ``/<slug of the tool>/<party>`` and keeps the messages."""

    lab: Lab
    _peers: dict[str, tuple[Peer, PeerPlace]] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    def url(self, slug: str) -> str:
        """Return the URL for one tool, to which the party is added; with an address, not a name."""
        return f"http://{centre_address(self.lab)}:{PORT}/{slug}/"

    def add(self, slug: str, peer: Peer, place: PeerPlace) -> None:
        """Accept messages for one tool from now on."""
        self._peers[slug] = (peer, place)

    def start(self) -> None:
        """Listen, at the centre's public address."""
        peers = self._peers

        class DeliveryHook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                _, slug, party = self.path.split("/")
                peer, place = peers[slug]
                place.messages.extend(peer.read_message(Party(party), body, now_ns))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Log nothing: messages are kept."""

        listen = (centre_address(self.lab), PORT)
        node = self.lab.node(CENTRE)
        self._server = inside(node.network, lambda: ThreadingHTTPServer(listen, DeliveryHook))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End it. Safe to repeat."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def centre_address(lab: Lab) -> str:
    """Return the public IPv4 address of the centre."""
    return lab.topology.addresses_of(CENTRE)[0]
