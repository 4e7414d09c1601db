"""Transfers: libcurl's transfers in the event loop, any number in parallel, without threads."""

import asyncio

import pycurl  # type: ignore[import-untyped]


class CurlMulti:
    """
    One multi handle of libcurl, driven by the running event loop (pycurl's own driver).

    libcurl requests the sockets to watch and the time of its next call; there is no polling.
    Certificate authorities in one file are read once and cached by the multi handle for a day.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Newer than the type checker's stubs.
        self._multi = pycurl.AsyncCurlMulti()  # pyright: ignore[reportAttributeAccessIssue]

    def is_of_this_loop(self) -> bool:
        """Return whether this object belongs to the running event loop."""
        return self._loop is asyncio.get_running_loop()

    async def perform(self, handle: pycurl.Curl) -> tuple[int, str]:
        """
        Run one transfer to its end and return libcurl's code (0: done) and message.

        The handle remains owned by the caller, who reads its metrics and closes it. Cancelling ends
        the transfer. Set time limits with the handle's own options.
        """
        try:
            await self._multi.perform(handle)
        except pycurl.error as error:
            code, *message = error.args
            return int(code), " ".join(map(str, message))
        return 0, ""


_current: CurlMulti | None = None


def current_multi() -> CurlMulti:
    """Return the running event loop's transfers; created on first use."""
    global _current  # noqa: PLW0603 - one multi handle a process, as libcurl wants it
    if _current is None or not _current.is_of_this_loop():
        _current = CurlMulti()
    return _current
