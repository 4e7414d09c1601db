"""
What equipment of the site says of itself: router, optical modem, UPS.

Measures    one interface (found by its name: state, bytes, errors, discards, use of the contracted
            rate), optical power and loss of signal, whether a UPS runs on battery and how long it
            lasts, uptime and restarts. What a profile (``snmp/profiles``) makes of a device's
            objects; marks for "nothing" and what is out of range are counted, never shown.
Failed      nobody answers: dead, filtered, or a wrong community or privacy key.
Unmeasured  it answers that it may not be read; the credentials' files cannot be read; the link has
            no way to it; pysnmp is not installed; it shows nothing that a profile knows.
Source      RFC 3416, 3414, 3826 (SNMP); RFC 2863 (interfaces); RFC 1628 (UPS); makers' own MIBs.
Cost        about 10 KB a run on the site's own network, nothing on the carrier's line; a process
            of its own for 0.2 to 0.5 s.
"""

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from thongsuot_agent.equipment.secret import SecretUnusable
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes import Probe
from thongsuot_agent.probes.addresses import address_of
from thongsuot_agent.snmp import findings
from thongsuot_agent.snmp.counters import DeviceCounters
from thongsuot_agent.snmp.protocol import Survey, SurveyRequest
from thongsuot_agent.snmp.visit import (
    AUTHS,
    PRIVACIES,
    Credentials,
    device_access,
    open_device_socket,
    run_survey,
)
from thongsuot_agent.worker import WorkerFailed
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

CONTRACT_MARGIN = 2.0
"""Carriers let bursts through above the contract."""
PURPOSES = ("optical", "power", "system")
"""The radio is the ``radio`` probe's."""


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
    """Name (ifName, ifDescr or ifAlias) of the interface to watch; empty: none."""
    profiles: tuple[str, ...] = ()
    """Profiles to read; empty: those that fit the device."""
    profile_folder: str = ""
    """Folder with profiles of your own."""
    bound_to_link: bool = True
    """Ask by the link alone; off for a device that stands on another network of the site."""
    answer_s: float = 1.5
    retries: int = 1
    timeout_s: float = 20.0
    """For the whole visit, and the wait for one that is under way."""

    def __post_init__(self) -> None:
        """Refuse contradictions where the configuration is read."""
        check_version(str(self.version), self.user, self.auth, self.privacy)

    @property
    def credentials(self) -> Credentials:
        """What opens the device."""
        return Credentials(
            version=str(self.version),
            community_file=self.community_file,
            user=self.user,
            auth=self.auth,
            auth_file=self.auth_file,
            privacy=self.privacy,
            privacy_file=self.privacy_file,
            context=self.context,
        )


def check_version(version: str, user: str, auth: str, privacy: str) -> None:
    """
    Refuse what no device could be asked with.

    Raises:
        ValueError: with a sentence that says what to write.
    """
    if version not in {"2c", "3"}:
        raise ValueError(f'version "{version}" is not "2c" or "3"')
    if version == "3" and not user:
        raise ValueError("version 3 needs a user")
    if auth not in AUTHS:
        raise ValueError(f'auth "{auth}" is not one of {", ".join(AUTHS)}')
    if privacy not in PRIVACIES:
        raise ValueError(f'privacy "{privacy}" is not one of {", ".join(PRIVACIES)}')


class DeviceState:
    """What is remembered of a device between two visits."""

    def __init__(self) -> None:
        self.meter = DeviceCounters()
        self.profiles: tuple[str, ...] = ()
        """Those that were found to fit; looked for anew when it boots, or cannot be read."""


_devices: "WeakKeyDictionary[LiveLink, dict[str, DeviceState]]" = WeakKeyDictionary()


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Visit the device once."""
    address = address_of(link, target, family)
    box = _devices.setdefault(link, {}).setdefault(target.name, DeviceState())
    try:
        found = await read_device(link, family, address, settings, PURPOSES, box.profiles)
    except (SecretUnusable, LinkUnusable, TimeoutError, WorkerFailed, OSError) as error:
        return finding_from_error(error)
    if found.failure:
        box.profiles = ()
        return finding_from_failed_survey(found)
    meter = box.meter
    spec = link.spec
    down, up = spec.contract_down_bits_per_second, spec.contract_up_bits_per_second
    now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    # An interface of 1 Gbit/s behind a contract of 100 Mbit/s counts no faster than the contract.
    limit = max(down, up) * CONTRACT_MARGIN if down and up else None
    has_booted = meter.add_survey(found, now_s, limit)
    box.profiles = () if has_booted else tuple(one.profile for one in found.profiled)
    values = findings.values_of(found, meter, down=down, up=up)
    evidence = findings.evidence_of(found, meter, settings.interface, has_booted=has_booted)
    if findings.says_nothing(values):
        what = "the device shows nothing that a profile knows; thongsuot-agent snmp walk-profile"
        return failed_finding(Reason.NOT_SUPPORTED, detail=what, evidence=evidence)
    return ok_finding(values, evidence=evidence)


async def read_device(  # noqa: PLR0917 - a device, how it is reached, and what is asked
    link: LiveLink,
    family: Family,
    address: str,
    settings: Settings,
    purposes: tuple[str, ...],
    profiles: tuple[str, ...] = (),
) -> Survey:
    """
    Return what a device says; ``profiles`` are those that are known to fit it.

    Raises:
        SecretUnusable, LinkUnusable, TimeoutError, WorkerFailed, OSError: see
        ``finding_from_error``.
    """
    access = device_access(
        address,
        settings.port,
        settings.credentials,
        answer_s=settings.answer_s,
        retries=settings.retries,
    )
    order = SurveyRequest(
        access=access,
        profiles=settings.profiles or profiles,
        purposes=purposes,
        folder=settings.profile_folder,
        interface=settings.interface,
    )
    opened = open_device_socket(
        link, family, address, settings.port, is_bound=settings.bound_to_link
    )
    with opened:
        return await run_survey(order, opened, settings.timeout_s)


def finding_from_error(error: Exception) -> Finding:
    """Return the finding of a visit that could not be made; what is a bug of ours goes on up."""
    if isinstance(error, LinkUnusable):
        return failed_finding(error.reason, detail=error.detail)
    if isinstance(error, SecretUnusable):
        return failed_finding(Reason.PERMISSION_DENIED, detail=str(error))
    if isinstance(error, TimeoutError):
        return failed_finding(Reason.TIMED_OUT, detail="the visit did not end in time")
    if isinstance(error, OSError):
        return failed_finding(reason_for_own(error), detail=described(error))
    raise error


_REASONS = {
    "silent": Reason.TIMED_OUT,
    "refused": Reason.PERMISSION_DENIED,
    "missing": Reason.NOT_SUPPORTED,
}


def finding_from_failed_survey(found: Survey) -> Finding:
    """Return the finding of a device that cannot be read."""
    return failed_finding(
        _REASONS.get(found.reason, Reason.UNMEASURED_OTHERWISE), detail=found.failure
    )


def _applies(target: Target) -> bool:
    return target.role is Role.EQUIPMENT and bool(target.addresses)


def _cost_bytes(target: Target, settings: Settings) -> int:
    """Nothing of it travels over the carrier's line."""
    del target, settings
    return 0


def _timeout_s(settings: Settings) -> float:
    return settings.timeout_s


PROBE = Probe(
    settings=Settings, run=run, applies=_applies, cost_bytes=_cost_bytes, timeout_s=_timeout_s
)
