"""Topics: what the pages that may be live are called in the address of their stream."""

from typing import Final

WALL: Final = "wall"
INCIDENTS: Final = "incidents"
_SITE: Final = "site:"
_DESK: Final = "desk:"
_INCIDENT: Final = "incident:"


def site_topic(name: str) -> str:
    """Return what the page of a site is called."""
    return f"{_SITE}{name}"


def site_of(topic: str) -> str:
    """Return the site that a topic is the page of; empty where it is none."""
    return topic.removeprefix(_SITE) if topic.startswith(_SITE) else ""


def desk_topic(carrier: str) -> str:
    """Return what the desk of a carrier is called."""
    return f"{_DESK}{carrier}"


def carrier_of(topic: str) -> str:
    """Return the carrier that a topic is the desk of; empty where it is none."""
    return topic.removeprefix(_DESK) if topic.startswith(_DESK) else ""


def incident_topic(name: str) -> str:
    """Return what the page of an incident is called."""
    return f"{_INCIDENT}{name}"


def incident_of(topic: str) -> str:
    """Return the incident that a topic is the page of; empty where it is none."""
    return topic.removeprefix(_INCIDENT) if topic.startswith(_INCIDENT) else ""
