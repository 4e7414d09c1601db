"""
A receiver of webhooks: takes only what is signed and new, as ``docs/reference/webhook.md`` says.

Arguments: a folder (see ``peer``), the secret, a port. Its behaviours: ``http_receiver``.
"""

import hashlib
import hmac
import sys
import time
from pathlib import Path
from threading import Lock

from tests.collector.notify.http_receiver import ReceiverHandler, serve
from tests.collector.notify.receiver_process import ReceiverFolder

TOLERANCE_S = 300


def main() -> None:
    """Serve forever."""
    path, secret, port = sys.argv[1:]
    folder = ReceiverFolder(Path(path))
    taken, taking = {request["key"] for request in folder.received()}, Lock()

    def take(handler: ReceiverHandler, body: bytes) -> tuple[int, str]:
        fields = dict(
            part.split("=", 1) for part in handler.headers["Thongsuot-Signature"].split(",")
        )
        signed = fields["t"].encode() + b"." + body
        wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        is_fresh = abs(time.time() - int(fields["t"])) <= TOLERANCE_S
        if not (is_fresh and hmac.compare_digest(wanted, fields["v1"])):
            return 401, "not signed by you, or too old"
        key = handler.headers["Thongsuot-Delivery"]
        # The same may come twice at once, if its sender loses patience.
        with taking:
            if key in taken:
                return 200, "had it"
            taken.add(key)
            folder.record({"key": key, "path": handler.path, "body": body.decode()})
        return 200, "thanks"

    serve(folder, int(port), take)


if __name__ == "__main__":
    main()
