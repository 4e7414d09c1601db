"""Topics: what the pages that may be live are called in the address of their stream."""

from typing import Final

WALL: Final = "wall"
INCIDENTS: Final = "incidents"
_SITE: Final = "site:"


def site_topic(name: str) -> str:
    """Return what the page of a site is called."""
    return f"{_SITE}{name}"


def site_of(topic: str) -> str:
    """Return the site that a topic is the page of; empty where it is none."""
    return topic.removeprefix(_SITE) if topic.startswith(_SITE) else ""
