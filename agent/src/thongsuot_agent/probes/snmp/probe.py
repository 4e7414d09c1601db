"""
The state of the site's equipment: router, optical modem, UPS.

Measures    one interface (found by its name: state, bytes, errors, discards, use of the contracted
            rate), optical power and loss of signal, whether a UPS runs on battery and for how long
            it lasts, uptime and restarts. A profile (``snmp/profiles``) maps a device's objects to
            values; marks for "no value" and values out of range are counted, never shown.
Failed      no answer: the device is down, filtered, or the community or privacy key is wrong.
Unmeasured  the device refuses reading; the credential files cannot be read; the link has no route
            to it; pysnmp is not installed; the device answers, but no profile fits it or reads a
            value.
Source      RFC 3416, 3414, 3826 (SNMP); RFC 2863 (interfaces); RFC 1628 (UPS); RFC 3433 and 6933
            (sensors); makers' own MIBs.
Cost        about 10 KB per run on the site's own network, nothing on the carrier's line; a separate
            process for 0.2 to 0.5 s.
"""

import time
from dataclasses import dataclass, replace

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.snmp import findings
from thongsuot_agent.probing.addresses import address_of
from thongsuot_agent.probing.contract import Probe, ProbeServices
from thongsuot_agent.probing.snmp.counters import DeviceCounters
from thongsuot_agent.probing.snmp.visit import (
    AUTHS,
    PRIVACIES,
    Credentials,
    VisitSettings,
    finding_from_error,
    finding_from_failed_survey,
    read_device,
)
from thongsuot_agent.secret_file import SecretUnusable
from thongsuot_agent.worker import WorkerFailed
from thongsuot_schema.inventory.model import Role, Target, Via
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

CONTRACT_MARGIN = 2.0
"""Carriers pass bursts above the contracted rate."""
PURPOSES = ("optical", "power", "system")
"""The radio belongs to the ``radio`` probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "snmp"`` entry; its ``targets`` are equipment."""

    version: str | int = "2c"
    """``2c`` or ``3``."""
    community_file: str = ""
    """File or credential that holds the community of v2c; empty: the community ``public``."""
    user: str = ""
    """User of v3."""
    auth: str = "sha256"
    """Algorithm: md5, sha, sha224, sha256, sha384 or sha512."""
    auth_file: str = ""
    """File or credential with the pass phrase for authentication; empty: none."""
    privacy: str = "aes"
    """Algorithm: des, aes, aes192, aes256, or the latter two with ``_blumenthal``."""
    privacy_file: str = ""
    """File or credential with the pass phrase for privacy; empty: none."""
    context: str = ""
    port: int = 161
    interface: str = ""
    """
    Name (ifName, ifDescr or ifAlias) of the interface to watch; empty: none, or on a link that is
    only watched (``via = "watched"``) the link's own.
    """
    profiles: tuple[str, ...] = ()
    """Profiles to read; empty: those that fit the device."""
    profile_folder: str = ""
    """Folder with your own profiles."""
    bound_to_link: bool = True
    """Query only over the link; off for a device on another network of the site."""
    answer_s: float = 1.5
    retries: int = 1
    timeout_s: float = 20.0
    """Time limit of the whole survey, and of the wait for one in progress."""

    def __post_init__(self) -> None:
        """Reject contradictory settings when the configuration is read."""
        check_version(str(self.version), self.user, self.auth, self.privacy)

    @property
    def visit(self) -> VisitSettings:
        """Return how a device is surveyed."""
        credentials = Credentials(
            version=str(self.version),
            community_file=self.community_file,
            user=self.user,
            auth=self.auth,
            auth_file=self.auth_file,
            privacy=self.privacy,
            privacy_file=self.privacy_file,
            context=self.context,
        )
        return VisitSettings(
            credentials=credentials,
            port=self.port,
            interface=self.interface,
            profiles=self.profiles,
            profile_folder=self.profile_folder,
            bound_to_link=self.bound_to_link,
            answer_s=self.answer_s,
            retries=self.retries,
            timeout_s=self.timeout_s,
        )


def check_version(version: str, user: str, auth: str, privacy: str) -> None:
    """
    Reject settings with which no device could be queried.

    Raises:
        ValueError: the message says what to configure.
    """
    if version not in {"2c", "3"}:
        raise ValueError(Localizable('version "{version}" is not "2c" or "3"', version=version))
    if version == "3" and not user:
        raise ValueError(Localizable("version 3 needs a user"))
    if auth not in AUTHS:
        raise ValueError(_not_one_of("auth", auth, AUTHS))
    if privacy not in PRIVACIES:
        raise ValueError(_not_one_of("privacy", privacy, PRIVACIES))


def _not_one_of(key: str, value: str, known: tuple[str, ...]) -> str:
    return Localizable(
        '{key} "{value}" is not one of {known}', key=key, value=value, known=", ".join(known)
    )


class DeviceState:
    """The state of a device between two surveys."""

    def __init__(self) -> None:
        self.meter = DeviceCounters()
        self.profiles: tuple[str, ...] = ()
        """The profiles that fit; determined again when the device boots or cannot be read."""


class SnmpProbe:
    """The surveys over one link, with the state of each device by its name."""

    def __init__(self, services: ProbeServices) -> None:
        del services
        self._devices: dict[str, DeviceState] = {}

    async def __call__(
        self, link: LiveLink, target: Target, family: Family, settings: Settings
    ) -> Finding:
        """Survey the device once."""
        address = address_of(link, target, family)
        device = self._devices.setdefault(target.name, DeviceState())
        visit = settings.visit
        if link.spec.via is Via.WATCHED:
            # The link has no route of its own: its router is queried by the kernel's route.
            interface = settings.interface or link.spec.interface
            visit = replace(visit, bound_to_link=False, interface=interface)
        try:
            survey = await read_device(link, family, address, visit, PURPOSES, device.profiles)
        except (SecretUnusable, LinkUnusable, TimeoutError, WorkerFailed, OSError) as error:
            return finding_from_error(error)
        if survey.failure:
            device.profiles = ()
            return finding_from_failed_survey(survey)
        meter = device.meter
        spec = link.spec
        down, up = spec.contract_down_bits_per_second, spec.contract_up_bits_per_second
        now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        # An interface of 1 Gbit/s behind a contract of 100 Mbit/s counts no faster than that.
        limit = max(down, up) * CONTRACT_MARGIN if down and up else None
        has_booted = meter.add_survey(survey, now_s, limit)
        device.profiles = (
            () if has_booted else tuple(profiled.profile for profiled in survey.profiled)
        )
        values = findings.values_of(survey, meter, down=down, up=up)
        evidence = findings.evidence_of(survey, meter, visit.interface, has_booted=has_booted)
        if findings.says_nothing(values):
            detail = findings.why_nothing(survey)
            return failed_finding(Reason.NOT_SUPPORTED, detail=detail, evidence=evidence)
        return ok_finding(values, evidence=evidence)


def _applies(target: Target) -> bool:
    return target.role is Role.EQUIPMENT and bool(target.addresses)


def _cost_bytes(target: Target, settings: Settings) -> int:
    """Its traffic does not use the carrier's line."""
    del target, settings
    return 0


def _timeout_s(settings: Settings) -> float:
    return settings.timeout_s


PROBE = Probe(
    settings=Settings,
    begin=SnmpProbe,
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
)
