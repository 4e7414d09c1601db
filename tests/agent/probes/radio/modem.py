"""A pseudo-terminal that speaks AT as a modem does: echo, answer, last line."""

import os
import threading
import tty
from collections.abc import Mapping
from typing import Self


class AtModem:
    """Answers commands by a table; whatever it does not know is an ERROR."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = dict(answers)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._slave)
        self._thread.join()
        os.close(self._master)

    def _serve(self) -> None:
        waiting = b""
        while True:
            try:
                data = os.read(self._master, 1024)
            except OSError:  # the last one has closed the other side
                return
            waiting += data
            while b"\r" in waiting:
                line, _, waiting = waiting.partition(b"\r")
                command = line.decode().strip()
                self.heard.append(command)
                answer = self._answers.get(command)
                end = "ERROR" if answer is None else "OK"
                os.write(self._master, f"{command}\r\r\n{answer or ''}\r\n{end}\r\n".encode())
