"""
Finds functions, methods and classes of the product that no code of the product uses.

Tests do not count as use: code that only tests need is dead. Vulture finds the names; code whose
use it cannot see (by a framework, by name, by the other side of a protocol) is listed with its
user.
"""

import sys
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("schema", "agent", "collector", "dashboards", "lab")
KINDS = frozenset({"function", "method", "class", "property", "import"})
"""Fields of data represent what is transferred or stored; whether each is read says little."""

USED_BY = {
    "__call__": "protocols of functions",
    "capture_signals": "uvicorn",
    "connection_made": "asyncio",
    "datagram_received": "asyncio",
    "do_GET": "http.server",
    "do_POST": "http.server",
    "handle_DATA": "aiosmtpd",
    "isSet": "speedtest-cli",
    "log_message": "http.server",
    "main_loop": "uvicorn",
    "open_client_mode": "pysnmp",
    "wires_network": "bench/rtt.py: stamps at the far ends of wires",
}


def dead_names(root: Path) -> list[str]:
    """Return names that no code of the product uses, as ``file:line: kind name``."""
    looker = Vulture(verbose=False)
    looker.scavenge([str(root / room / "src") for room in SOURCES if (root / room).is_dir()])
    return [
        f"{Path(item.filename).relative_to(root)}:{item.first_lineno}: {item.typ} {item.name}"
        for item in looker.get_unused_code(min_confidence=60)
        if item.typ in KINDS and item.name not in USED_BY
    ]


def main() -> int:
    """Print dead code; return 1 if there is any."""
    dead = dead_names(ROOT)
    for line in dead:
        sys.stdout.write(f"{line} is not used by any code of the product\n")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
