"""Topics: the names of live pages in the URL of their stream."""

from typing import Final

WALL: Final = "wall"
INCIDENTS: Final = "incidents"
_SITE: Final = "site:"
_DESK: Final = "desk:"
_INCIDENT: Final = "incident:"


def site_topic(name: str) -> str:
    """Return the topic of a site's page."""
    return f"{_SITE}{name}"


def site_of(topic: str) -> str:
    """Return the site of a topic; empty if it is not a site's."""
    return topic.removeprefix(_SITE) if topic.startswith(_SITE) else ""


def desk_topic(carrier: str) -> str:
    """Return the topic of a carrier's desk."""
    return f"{_DESK}{carrier}"


def carrier_of(topic: str) -> str:
    """Return the carrier of a topic; empty if it is not a desk's."""
    return topic.removeprefix(_DESK) if topic.startswith(_DESK) else ""


def incident_topic(name: str) -> str:
    """Return the topic of an incident's page."""
    return f"{_INCIDENT}{name}"


def incident_of(topic: str) -> str:
    """Return the incident of a topic; empty if it is not an incident's."""
    return topic.removeprefix(_INCIDENT) if topic.startswith(_INCIDENT) else ""
