"""
Sockets of the agent are opened in ``links/`` and nowhere else: nothing leaves by another link.

Workers are short-lived processes of their own: what they send goes by sockets of the same folder,
by the interface that the resident process names. libcurl asks us for each of its sockets.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.contract.house import ROOT, Module, modules, plant

OPENERS = frozenset(
    {
        "socket.socket",
        "socket.create_connection",
        "socket.create_server",
        "socket.socketpair",
        "asyncio.open_connection",
        "asyncio.open_unix_connection",
        "asyncio.start_server",
        "asyncio.start_unix_server",
        "urllib.request.urlopen",
        "http.client.HTTPConnection",
        "http.client.HTTPSConnection",
    }
)
LOOP_OPENERS = frozenset({"create_connection", "create_server", "create_datagram_endpoint"})
"""Methods of an event loop."""

ALLOWED = {
    "app.systemd": "the service manager's own socket, which is a file",
    "cli.status": "asks the page of the agent on the same device",
    "page.server": "listens for the page; leaves by no link",
}
"""The modules outside ``links/`` that open a socket, and which."""

LINKS = "thongsuot_agent.links."


def opened(module: Module) -> Iterator[str]:
    """Yield what a module opens sockets by."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        # ``fileno`` alone takes over a socket that somebody else opened.
        is_handed_over = any(keyword.arg == "fileno" for keyword in node.keywords)
        if (
            (name in OPENERS and not is_handed_over)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in LOOP_OPENERS)
            or (name == "pycurl.Curl" and "OPENSOCKETFUNCTION" not in module.text)
        ):
            yield name


def openers(root: Path) -> dict[str, set[str]]:
    """Return the modules of the agent outside ``links/`` that open sockets, and by what."""
    calls_by_file = {
        module.name.removeprefix("thongsuot_agent."): set(opened(module))
        for module in modules(root, ("agent",))
        if not module.name.startswith(LINKS)
    }
    return {name: calls for name, calls in calls_by_file.items() if calls}


def test_sockets_are_opened_in_links_and_nowhere_else() -> None:
    assert set(openers(ROOT)) == set(ALLOWED)


def test_a_socket_that_is_opened_elsewhere_is_found(tmp_path: Path) -> None:
    agent = "agent/src/thongsuot_agent"
    plant(tmp_path, f"{agent}/links/sockets.py", "import socket\nsocket.socket()\n")
    plant(tmp_path, f"{agent}/probes/a.py", "import socket\nsocket.socket(2, 1)\n")
    plant(tmp_path, f"{agent}/probes/b.py", "import socket\nsocket.socket(fileno=3)\n")
    plant(tmp_path, f"{agent}/probes/c.py", "import pycurl\npycurl.Curl()\n")
    plant(tmp_path, f"{agent}/d.py", "async def f(loop):\n    await loop.create_connection(x)\n")
    assert openers(tmp_path) == {
        "probes.a": {"socket.socket"},
        "probes.c": {"pycurl.Curl"},
        "d": {"loop.create_connection"},
    }
