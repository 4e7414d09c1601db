"""
Peers of the tests as processes of their own, without an interpreter's start for each.

Such a start, with what a small HTTP server imports, takes a sixth of a second of CPU, and there are
several hundred. These are forks of one process that does nothing else (multiprocessing's fork
server).
"""

import importlib
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["asyncio", "http.server", "ssl", __name__])


class ForkedProgram:
    """
    The ``main`` of a module, in a process that has these words as its command line.

    ``first_line`` is what it printed first; empty if it ended before.
    """

    def __init__(self, module: str, *words: str) -> None:
        reader, writer = _CONTEXT.Pipe(duplex=False)
        with reader, writer:
            self._process = _CONTEXT.Process(target=_run, args=(writer, module, words), daemon=True)
            self._process.start()
            writer.close()
            with os.fdopen(os.dup(reader.fileno()), encoding="utf-8") as printed:
                self.first_line = printed.readline()

    def stop(self) -> None:
        """End it as a service manager does, and wait until it is gone."""
        self._process.terminate()
        self._process.join()
        self._process.close()


def _run(writer: Connection, module: str, words: tuple[str, ...]) -> None:
    os.dup2(writer.fileno(), 1)
    writer.close()
    sys.argv = [module, *words]
    with Path("/dev/fd/1").open("w", encoding="utf-8") as sys.stdout:
        importlib.import_module(module).main()
