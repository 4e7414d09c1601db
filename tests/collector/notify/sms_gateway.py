"""
An SMS gateway: takes messages by a form in the address, or by JSON, and notes them.

Arguments: a folder (see ``receiver_process``), the token, a port. Its behaviours:
``http_receiver``; where the folder has a file ``code``, it answers 200 and by that code that it did
not take the message.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.collector.notify.http_receiver import ReceiverHandler, serve
from tests.collector.notify.receiver_process import ReceiverFolder


def main() -> None:
    """Serve forever."""
    path, token, port = sys.argv[1:]
    folder = ReceiverFolder(Path(path))

    def take(handler: ReceiverHandler, body: bytes) -> tuple[int, str]:
        if body[:1] == b"{":
            posted = json.loads(body)
        else:
            posted = dict(parse_qsl(body.decode() or urlsplit(handler.path).query))
        if posted.pop("ApiKey", "") != token:
            return 200, json.dumps({"CodeResult": "101", "ErrorMessage": "wrong key"})
        refused = folder.path / "code"
        if refused.exists():
            return 200, json.dumps({"CodeResult": refused.read_text(), "ErrorMessage": token})
        is_over = posted["Content"].startswith(("[Đã khắc", "[Da khac"))
        folder.record({"kind": "resolved" if is_over else "opened", **posted})
        return 200, json.dumps({"CodeResult": "100", "SMSID": "1"})

    serve(folder, int(port), take)


if __name__ == "__main__":
    main()
