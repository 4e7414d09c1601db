"""Transfers: libcurl's transfers in the event loop, any number at once, without threads."""

import asyncio

import pycurl  # type: ignore[import-untyped]


class CurlMulti:
    """
    One multi handle of libcurl, driven by the running event loop (pycurl's own driver).

    libcurl says which sockets to watch and when to be called again; there is no polling.
    Authorities in one file are read once and kept by the multi handle for a day.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Newer than the stubs that the type checker brings.
        self._multi = pycurl.AsyncCurlMulti()  # pyright: ignore[reportAttributeAccessIssue]

    def is_of_this_loop(self) -> bool:
        """Return whether this belongs to the running event loop."""
        return self._loop is asyncio.get_running_loop()

    async def perform(self, handle: pycurl.Curl) -> tuple[int, str]:
        """
        Run one transfer to its end and return libcurl's code (0: done) and message.

        The handle stays the caller's, who reads its figures and closes it. Cancelling ends the
        transfer. Bound the time with the handle's own options.
        """
        try:
            await self._multi.perform(handle)
        except pycurl.error as error:
            code, *message = error.args
            return int(code), " ".join(map(str, message))
        return 0, ""


_current: CurlMulti | None = None


def current_multi() -> CurlMulti:
    """Return the running event loop's transfers; made when first asked for."""
    global _current  # noqa: PLW0603 - one multi handle a process, as libcurl wants it
    if _current is None or not _current.is_of_this_loop():
        _current = CurlMulti()
    return _current
