"""
A chat service: takes what Apprise posts as JSON, and notes it.

Arguments: a folder (see ``receiver_process``), a port. Its behaviours: ``http_receiver``.
"""

import json
import sys
from pathlib import Path

from tests.collector.notify.http_receiver import ReceiverHandler, serve
from tests.collector.notify.receiver_process import ReceiverFolder


def main() -> None:
    """Serve forever."""
    path, port = sys.argv[1:]
    folder = ReceiverFolder(Path(path))

    def take(handler: ReceiverHandler, body: bytes) -> tuple[int, str]:
        posted = json.loads(body)
        kind = "resolved" if posted["type"] == "success" else "opened"
        folder.record({"path": handler.path, "kind": kind, "title": posted["title"]})
        return 200, ""

    serve(folder, int(port), take)


if __name__ == "__main__":
    main()
