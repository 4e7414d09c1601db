"""
Ports for servers that have to be told one, or come back on the one they had, and for addresses at
which nobody is to listen.

The kernel takes a port for who asks for none from 32768 upwards. A port of those that a server has
left, or that was only looked up, is given to somebody else now and then while other tests run. One
of these below is given to nobody who does not ask for it by its number.
"""

import random
import socket

FIRST, LAST = 15_000, 32_000

_any = random.SystemRandom()
"""Parts of the suite run beside each other, and Hypothesis seeds the usual one alike in each."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of the loopback that nobody has, and that the kernel gives to nobody."""
    while True:
        port = _any.randint(FIRST, LAST)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody has it
        return port
