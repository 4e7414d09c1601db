"""Notifies systemd of this service's state (sd_notify(3)): ready, alive, stopping."""

import logging
import os
import socket

_log = logging.getLogger(__name__)


class SystemdNotifier:
    """Sends to the socket that systemd provides; does nothing without one."""

    def __init__(self, address: str | None) -> None:
        # A leading "@" means the abstract namespace, whose names begin with a zero byte.
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def send(self, *words: str) -> None:
        """Send assignments such as ``READY=1``."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.sendto("\n".join(words).encode(), self._address)
        except OSError as error:
            # systemd will restart a service that it does not hear; there is no other remedy.
            _log.warning("cannot tell systemd %s: %s", " ".join(words), error)


def systemd_notifier() -> SystemdNotifier:
    """Return the notifier of this process."""
    return SystemdNotifier(os.environ.get("NOTIFY_SOCKET"))
