"""Transfers: libcurl's transfers in the event loop, any number at once, without threads."""

import asyncio

import pycurl  # type: ignore[import-untyped]

_READ, _WRITE = pycurl.POLL_IN, pycurl.POLL_OUT


class Transfers:
    """
    One multi handle of libcurl, driven by the running event loop.

    libcurl says which sockets to watch and when to be called again; there is no polling. The
    certificates that a transfer verifies against are read once and kept by the multi handle for a
    day.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._timer: asyncio.TimerHandle | None = None
        self._running: dict[pycurl.Curl, asyncio.Future[tuple[int, str]]] = {}
        self._watched: dict[int, int] = {}

    def belongs_here(self) -> bool:
        """Return whether this belongs to the running event loop."""
        return self._loop is asyncio.get_running_loop()

    async def perform(self, handle: pycurl.Curl) -> tuple[int, str]:
        """
        Run one transfer to its end and return libcurl's code (0: done) and message.

        The handle stays the caller's, who reads its figures and closes it. Cancelling ends the
        transfer. Bound the time with the handle's own options.
        """
        future: asyncio.Future[tuple[int, str]] = self._loop.create_future()
        self._running[handle] = future
        self._multi.add_handle(handle)
        try:
            return await future
        finally:
            del self._running[handle]
            self._multi.remove_handle(handle)

    def close(self) -> None:
        """Give up the multi handle; no transfer may be running."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._loop.is_closed():
            for descriptor, what in self._watched.items():
                self._unwatch(descriptor, what)
        self._watched.clear()
        self._multi.close()

    def _watch(self, what: int, descriptor: int, multi: object, data: object) -> None:
        del multi, data
        self._unwatch(descriptor, self._watched.pop(descriptor, 0))
        if what == pycurl.POLL_REMOVE:
            return
        self._watched[descriptor] = what
        if what & _READ:
            self._loop.add_reader(descriptor, self._act, descriptor, pycurl.CSELECT_IN)
        if what & _WRITE:
            self._loop.add_writer(descriptor, self._act, descriptor, pycurl.CSELECT_OUT)

    def _unwatch(self, descriptor: int, what: int) -> None:
        if what & _READ:
            self._loop.remove_reader(descriptor)
        if what & _WRITE:
            self._loop.remove_writer(descriptor)

    def _set_timer(self, timeout_ms: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if timeout_ms >= 0:
            self._timer = self._loop.call_later(timeout_ms / 1000, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._act(pycurl.SOCKET_TIMEOUT, 0)

    def _act(self, descriptor: int, events: int) -> None:
        self._multi.socket_action(descriptor, events)
        while True:
            left, done, failed = self._multi.info_read()
            for handle in done:
                self._finish(handle, 0, "")
            for handle, code, message in failed:
                self._finish(handle, code, message)
            if not left:
                return

    def _finish(self, handle: pycurl.Curl, code: int, message: str) -> None:
        future = self._running.get(handle)
        if future is not None and not future.done():
            future.set_result((code, message))


_current: Transfers | None = None


def transfers() -> Transfers:
    """Return the running event loop's transfers; made when first asked for."""
    global _current  # noqa: PLW0603 - one multi handle a process, as libcurl wants it
    if _current is None or not _current.belongs_here():
        if _current is not None:
            _current.close()
        _current = Transfers()
    return _current
