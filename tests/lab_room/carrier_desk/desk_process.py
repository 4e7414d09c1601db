"""A customer of a carrier's desk that runs as a process of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx

from tests.plain_http import NO_AUTHORITIES
from tests.ports import free_port


class CarrierDeskProcess:
    """The desk's process; it comes back on the port it had, and remembers."""

    def __init__(self, folder: Path, *, token: str = "", clerk_s: float = 0.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._arguments = ["--keep", str(folder / "desk.json"), "--clerk-s", str(clerk_s)]
        if token:
            (folder / "token").write_text(token, "utf-8")
            self._arguments += ["--token-file", str(folder / "token")]
        self._process: subprocess.Popen[str] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether anybody is there."""
        return self._process is not None

    def start(self) -> Self:
        """Start it."""
        assert self._process is None, "already running"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "thongsuot_lab.carrier_desk"),
                *self._arguments,
                *("--port", str(self.port)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        word, _, port = self._process.stdout.readline().partition(" ")
        assert word == "port", "the desk ended at start"
        self.port = int(port)
        return self

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        if self._process is not None:
            assert self._process.stdout is not None
            self._process.terminate()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    def operator_call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Do, or look at, something as the carrier's own people; returns what is answered."""
        answer = httpx.request(
            method,
            f"{self.url}/desk/{path}",
            json=body,
            timeout=60,
            trust_env=False,
            verify=NO_AUTHORITIES,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set_failure_mode(self, failure_mode: str) -> None:
        """Change how customers are answered from now on."""
        self.operator_call("POST", "failure-mode", {"failure_mode": failure_mode})

    def tickets(self, version: int = 5) -> list[dict[str, Any]]:
        """Return all tickets."""
        tickets: list[dict[str, Any]] = self.operator_call("GET", f"tickets/{version}")
        return tickets

    def update_as_operator(
        self, name: str, *, status: str = "", note: str = "", version: int = 5
    ) -> None:
        """Let somebody at the desk do something with a ticket."""
        self.operator_call("POST", f"tickets/{version}/{name}", {"status": status, "note": note})

    def exchanges(self) -> list[dict[str, Any]]:
        """Return the requests of customers so far, with the answers."""
        exchanges: list[dict[str, Any]] = self.operator_call("GET", "exchanges")
        return exchanges
