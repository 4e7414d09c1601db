"""Names: display names of parties, points and lines in a message."""

from typing import Final

from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import NotificationCause
from thongsuot_collector.incidents.party import ResponsibleParty, Severity, parse_responsible_party
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Party
from thongsuot_schema.words.language import Language, Text, capitalised
from thongsuot_schema.words.media import MOBILE, line_phrase
from thongsuot_schema.words.states import PARTIES
from thongsuot_schema.words.titles import title_in

SEVERITIES: Final[dict[Severity, Text]] = {
    Severity.CRITICAL: Text("collector.notify.severities.critical"),
    Severity.MAJOR: Text("collector.notify.severities.major"),
    Severity.MINOR: Text("collector.notify.severities.minor"),
    Severity.WARNING: Text("collector.notify.severities.warning"),
    Severity.INDETERMINATE: Text("collector.notify.severities.indeterminate"),
}

SUBJECT_MARKS: Final[dict[NotificationCause, Text]] = {
    NotificationCause.STARTED: Text("collector.notify.subject_marks.started"),
    NotificationCause.RELEASED: Text("collector.notify.subject_marks.released"),
    NotificationCause.UNEXCUSED: Text("collector.notify.subject_marks.unexcused"),
    NotificationCause.WORSE: Text("collector.notify.subject_marks.worse"),
    NotificationCause.CHANGED: Text("collector.notify.subject_marks.changed"),
    NotificationCause.ENDED: Text("collector.notify.subject_marks.ended"),
    NotificationCause.ABSORBED: Text("collector.notify.subject_marks.absorbed"),
    NotificationCause.REASSIGNED: Text("collector.notify.subject_marks.reassigned"),
    NotificationCause.WITHDRAWN: Text("collector.notify.subject_marks.withdrawn"),
    NotificationCause.CLOSED_BY_CITY: Text("collector.notify.subject_marks.closed_by_city"),
}
"""The first words of a subject line."""

DISPUTED_MARK: Final = Text("collector.notify.names.disputed_mark")
"""The first words if a party denies responsibility …"""

RULED_MARK: Final = Text("collector.notify.names.ruled_mark")
"""… and if the city has decided that."""

UNACCEPTED_MARK: Final = Text("collector.notify.names.unaccepted_mark")
"""The first words if nobody has accepted the incident in time."""


def party_name(party: ResponsibleParty, directory: InventoryDirectory, language: Language) -> str:
    """Return the display name of a party."""
    general = PARTIES[party.party].read(language)
    if party.party is Party.CARRIER:
        carrier = directory.carrier(party.name)
        return (carrier.title or carrier.name) if carrier else (party.name or general)
    if party.party is Party.COMMUNE and party.name:
        return f"{general}: {site_name(party.name, directory)}"
    if party.party is Party.PORTAL and party.name:
        owner = directory.operator_of(party.name)
        return (owner.title or owner.name) if owner else general
    return general


def owner_name(owner: str, directory: InventoryDirectory, language: Language) -> str:
    """
    Return who takes care of an incident: a person by name, a party's own system by the party.

    A text that is not a party is a person's name.
    """
    kind, _, _ = owner.partition(":")
    is_party = kind in set(Party)
    return party_name(parse_responsible_party(owner), directory, language) if is_party else owner


def site_name(site: str, directory: InventoryDirectory) -> str:
    """Return the display name of a point."""
    return directory.site(site).title or site


def place_name(site: str, directory: InventoryDirectory) -> str:
    """Return a point with its commune: "Điểm 1, Phường Ba Đình"."""
    commune = directory.commune_name(directory.site(site).commune)
    return ", ".join(filter(None, (site_name(site, directory), commune)))


def short_commune(name: str) -> str:
    """Return a commune without its kind: "Ba Đình" of "Phường Ba Đình"; a number keeps it."""
    kind, _, rest = name.partition(" ")
    return rest if kind in {"Phường", "Xã"} and rest and not rest.isdigit() else name


def service_name(service: str, directory: InventoryDirectory, language: Language) -> str:
    """Return the display name of a service."""
    target = directory.target(service)
    if target is None:
        return service
    own = title_in(language, target.title_vi, target.title_en)
    return own or target.title_vi or target.title_en or service


def subject_name(subject: Subject, directory: InventoryDirectory, language: Language) -> str:
    """Return the display name of a link or a service of a point; for a device that of its point."""
    if subject.service:
        return service_name(subject.service, directory, language)
    if not subject.link:
        return site_name(subject.site, directory)
    return link_name(subject.site, subject.link, directory, language)


def link_name(site: str, link: str, directory: InventoryDirectory, language: Language) -> str:
    """Return the name of a link for running text."""
    spec = directory.link(site, link)
    if spec is None:
        return link
    carrier = directory.carrier(spec.carrier)
    title = (carrier.title or carrier.name) if carrier else spec.carrier
    return line_phrase(spec.medium.value, title, language)


def circuit_word(medium: str, language: Language) -> str:
    """Return the carrier's term for the id of a link."""
    if medium in MOBILE:
        return Text("collector.notify.names.subscriber").read(language)
    return Text("collector.notify.names.circuit").read(language)


def window_scope(
    window: MaintenanceWindow, directory: InventoryDirectory, language: Language
) -> str:
    """Return the scope of a window in words."""
    carrier = directory.carrier(window.carrier)
    covered = (
        site_name(window.site, directory) if window.site else "",
        capitalised(link_name(window.site, window.link, directory, language))
        if window.link
        else "",
        (carrier.title or carrier.name) if carrier else window.carrier,
        directory.commune_name(window.commune) if window.commune else "",
        service_name(window.service, directory, language) if window.service else "",
    )
    return ", ".join(filter(None, covered))
