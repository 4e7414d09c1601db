"""
Labs for tests of other rooms.

    from thongsuot_lab.testing import needs_lab, pair, two_uplinks

    @needs_lab
    def test_something():
        with two_uplinks(fixed=Impairment(delay_s=0.010)) as lab:
            lab.cut("ont--internet")
            sock = lab.node("device").socket(socket.AF_INET, socket.SOCK_DGRAM)

Addresses and wires: see ``thongsuot_lab.topology.small``.
"""

import os
import shutil

import pytest

from thongsuot_lab.lab import Lab
from thongsuot_lab.topology import small
from thongsuot_lab.topology.model import PERFECT, Impairment

TOOLS = ("ip", "tc", "nft", "unshare", "setpriv")


def missing() -> str | None:
    """Return what this machine lacks for a lab, or None."""
    if os.geteuid() != 0:
        return "root"
    return next((tool for tool in TOOLS if shutil.which(tool) is None), None)


needs_lab = pytest.mark.skipif(missing() is not None, reason=f"a lab needs {missing()}")


def pair(there: Impairment = PERFECT, back: Impairment | None = None) -> Lab:
    """Two nodes, ``left`` and ``right``, joined at ``eth0``; use as a context manager."""
    return Lab(small.pair(there, back))


def two_uplinks(fixed: Impairment = PERFECT, mobile: Impairment = PERFECT) -> Lab:
    """A ``device`` with uplinks ``fix0`` and ``wwan0``; use as a context manager."""
    return Lab(small.two_uplinks(fixed, mobile))


def office() -> Lab:
    """A ``device`` behind a core switch and a firewall; use as a context manager."""
    return Lab(small.office())


def behind_proxy(credentials: str = "") -> Lab:
    """A ``device`` on a network whose only way out is a proxy; use as a context manager."""
    return Lab(small.behind_proxy(credentials))


def shared_lan() -> Lab:
    """A ``device`` with one port on a network of two boxes; use as a context manager."""
    return Lab(small.shared_lan())


def dual_wan() -> Lab:
    """A ``device`` with one port behind a router with two lines; use as a context manager."""
    return Lab(small.dual_wan())
