"""
Zalo: takes messages of an Official Account by its access token, and renews that once for each
refresh token.

Arguments: a folder (see ``receiver_process``), the application's secret, a port. Its behaviours:
``http_receiver``; where the folder has a file ``error``, messages are answered with that error.
The file ``tokens.json`` has the tokens that are good now.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qs

from tests.collector.notify.http_receiver import ReceiverHandler, serve
from tests.collector.notify.receiver_process import ReceiverFolder


def main() -> None:
    """Serve forever."""
    path, secret, port = sys.argv[1:]
    folder = ReceiverFolder(Path(path))
    good = folder.path / "tokens.json"

    def renew(handler: ReceiverHandler, body: bytes) -> tuple[int, str]:
        tokens = json.loads(good.read_text("utf-8"))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if handler.headers["secret_key"] != secret or form["app_id"] != "4242":
            return 200, json.dumps({"error": -14003, "error_name": "Invalid secret key"})
        if form["refresh_token"] != tokens["refresh_token"]:
            return 200, json.dumps({"error": -14014, "error_name": "Invalid refresh token"})
        number = tokens["number"] + 1
        fresh = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}
        good.write_text(json.dumps(fresh | {"number": number}), "utf-8")
        return 200, json.dumps(fresh | {"expires_in": "90000"})

    def take(handler: ReceiverHandler, body: bytes) -> tuple[int, str]:
        if handler.path == "/v4/oa/access_token":
            return renew(handler, body)
        tokens = json.loads(good.read_text("utf-8"))
        if handler.headers["access_token"] != tokens["access_token"]:
            return 200, json.dumps({"error": -216, "message": "Access token is invalid"})
        refused = folder.path / "error"
        if refused.exists():
            return 200, json.dumps({"error": int(refused.read_text()), "message": "no"})
        posted = json.loads(body)
        text = posted["message"]["text"]
        kind = "resolved" if text.startswith("[Đã khắc phục]") else "opened"
        folder.record({"kind": kind, "user": posted["recipient"]["user_id"], "text": text})
        return 200, json.dumps({"error": 0, "message": "Success", "data": {"message_id": "1"}})

    serve(folder, int(port), take)


if __name__ == "__main__":
    main()
