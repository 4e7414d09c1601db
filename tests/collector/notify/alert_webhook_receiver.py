"""
Takes what Alertmanager tells its webhook receivers, and notes it: alert by alert.

Arguments: a folder (see ``peer``), a port, and the address where that is not loopback. Its
behaviours: ``http_receiver``.
"""

import json
import sys
import time
from pathlib import Path

from tests.collector.notify.http_receiver import ReceiverHandler, serve
from tests.collector.notify.receiver_process import ReceiverFolder


def main() -> None:
    """Serve forever."""
    path, port, *host = sys.argv[1:]
    folder = ReceiverFolder(Path(path))

    def take(handler: ReceiverHandler, body: bytes) -> tuple[int, str]:
        for alert in json.loads(body).get("alerts", []):
            folder.record(
                {
                    "at_s": str(time.time()),
                    "sender": handler.client_address[0],
                    "status": alert["status"],
                    "fingerprint": alert["fingerprint"],
                    # Prometheus' alerts about the platform are about no incident.
                    "incident": alert["labels"].get("incident", ""),
                    "summary": alert["annotations"]["summary"],
                    "labels": json.dumps(alert["labels"], sort_keys=True),
                }
            )
        return 200, ""

    serve(folder, int(port), take, host=host[0] if host else "127.0.0.1")


if __name__ == "__main__":
    main()
