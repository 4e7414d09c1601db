"""Words to systemd about this service (sd_notify(3)): ready, alive, stopping."""

import os
import socket


class Notifier:
    """Sends to the socket that systemd names; does nothing where there is none."""

    def __init__(self, address: str | None) -> None:
        # A leading "@" stands for the abstract namespace, whose names begin with a zero byte.
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def send(self, *words: str) -> None:
        """Send assignments such as ``READY=1``. Raises OSError when systemd cannot be reached."""
        if self._address:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.sendto("\n".join(words).encode(), self._address)


def notifier() -> Notifier:
    """Return the notifier of this process."""
    return Notifier(os.environ.get("NOTIFY_SOCKET"))
