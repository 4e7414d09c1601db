"""
Alertmanager's door with misbehaviour on demand: what alerts make of it is noted, told once each.

Arguments: a folder (see ``peer``), a port. Its behaviours: ``http_receiver``. The real one is in
``tests/integration/test_alertmanager.py``.
"""

import json
import sys
import time
from datetime import datetime
from pathlib import Path

from tests.collector.notify.http_receiver import ReceiverHandler, serve
from tests.collector.notify.receiver_process import ReceiverFolder


def main() -> None:
    """Serve forever."""
    path, port = sys.argv[1:]
    folder = ReceiverFolder(Path(path))
    firing: set[str] = set()
    for request in folder.received():
        (firing.add if request["kind"] == "opened" else firing.discard)(request["alert"])

    def take(handler: ReceiverHandler, body: bytes) -> tuple[int, str]:
        if handler.path != "/api/v2/alerts":
            return 404, "no such page"
        for alert in json.loads(body):
            ends_s = datetime.fromisoformat(alert["endsAt"]).timestamp()
            if ends_s < datetime.fromisoformat(alert["startsAt"]).timestamp():
                return 400, "start time must be before end time"
            fingerprint = json.dumps(alert["labels"], sort_keys=True)
            is_firing = ends_s > time.time()
            if is_firing != (fingerprint in firing):
                (firing.add if is_firing else firing.discard)(fingerprint)
                kind = "opened" if is_firing else "resolved"
                folder.record({"kind": kind, "alert": fingerprint})
        return 200, ""

    serve(folder, int(port), take)


if __name__ == "__main__":
    main()
