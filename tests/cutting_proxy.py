"""A TCP proxy in front of a PostgreSQL of tests, which ends connections like those in the field."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


class CuttingProxy:
    """
    Passes on what clients and server send, until it cuts.

    ``is_cut`` is called with what a client sends: where it returns true, that is passed on, and
    both ends are closed when the server answers, whose answer is kept from the client.
    """

    def __init__(self, server_port: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.is_cut: Callable[[bytes], bool] = lambda _sent: False
        self.cuts = 0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut_all(self) -> None:
        """End every connection at once, as a proxy does that is restarted."""
        for pair in self._pairs:
            _end(pair)

    def close(self) -> None:
        """End everything."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self.cut_all()
        for thread in self._threads:
            thread.join()
        self._listener.close()
        for sock in (sock for pair in self._pairs for sock in pair):
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            pair, cutting = (client, server), threading.Event()
            self._pairs.append(pair)
            for work in (self._pass_up, self._pass_down):
                thread = threading.Thread(target=work, args=(pair, cutting))
                self._threads.append(thread)
                thread.start()

    def _pass_up(self, pair: tuple[socket.socket, socket.socket], cutting: threading.Event) -> None:
        client, server = pair
        with contextlib.suppress(OSError):  # the other end has closed, or is cut
            while sent := client.recv(65_536):
                if self.is_cut(sent):
                    cutting.set()
                server.sendall(sent)
        _end(pair)

    def _pass_down(
        self, pair: tuple[socket.socket, socket.socket], cutting: threading.Event
    ) -> None:
        client, server = pair
        with contextlib.suppress(OSError):  # as above
            while answer := server.recv(65_536):
                if cutting.is_set():
                    self.cuts += 1
                    break
                client.sendall(answer)
        _end(pair)


def _end(pair: tuple[socket.socket, socket.socket]) -> None:
    for sock in pair:
        with contextlib.suppress(OSError):  # it has ended already
            sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cutting_proxy(server_port: int) -> Iterator[CuttingProxy]:
    """Run one."""
    proxy = CuttingProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
