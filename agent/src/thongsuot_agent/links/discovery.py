"""What is assumed of an uplink that the device has and the inventory does not name."""

import re

from thongsuot_schema.inventory.model import Link, Medium

_MODEM = re.compile(r"^(wwan|wwp|wwx|ppp|rmnet|ccmni|usb)")
"""
Names that modems get: wwan0, wwp0s20u4 (predictable names), ppp0, rmnet (Qualcomm), usb0
(tethering).
"""


def spec_for(interface: str, taken: frozenset[str]) -> Link:
    """Return the link that an interface stands for, under a name that is not taken yet."""
    name = re.sub(r"[^a-z0-9._-]", "-", interface.lower()).lstrip("._-")[:56] or "link"
    if name in taken:
        name = next(f"{name}-{n}" for n in range(2, len(taken) + 3) if f"{name}-{n}" not in taken)
    # The device cannot know a modem's generation; the service points have 5G.
    medium = Medium.RADIO_5G if _MODEM.match(interface) else Medium.ETHERNET
    return Link(name=name, interface=interface, medium=medium)
