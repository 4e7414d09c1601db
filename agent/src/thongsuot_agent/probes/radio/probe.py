"""
The radio state of a mobile link, read from its modem.

Measures    power, quality, signal to noise, band, channel and physical identity of the LTE cell and
            of the NR cell, separately; technology, registration, SIM, roaming, whether the network
            is the contract's; changes of cell and technology; bytes carried. Values that a source
            cannot provide are absent; a source that can never provide an NR leg reports that.
Failed      the modem does not answer, or its answer is invalid.
Unmeasured  the modem may not be queried; the port, the bus or the program is missing; the answer
            has no radio data; the link has no route to the router with the modem.
Source      3GPP TS 36.214, TS 38.215 (quantities), TS 36.133, TS 38.133 (ranges), TS 27.007 (AT
            commands); RFC 3416 (SNMP); ModemManager's D-Bus interface; makers' web interfaces.
Cost        nothing on the carrier's line; with SNMP a separate process for 0.2 to 0.5 s.
"""

import asyncio
import time
from importlib import import_module

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.radio import findings
from thongsuot_agent.probes.radio.modem_history import ModemHistory
from thongsuot_agent.probes.radio.reading import ModemAbsent, ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probing.contract import Probe, ProbeServices
from thongsuot_agent.probing.snmp.visit import finding_from_error
from thongsuot_agent.secret_file import SecretUnusable
from thongsuot_agent.worker import WorkerFailed
from thongsuot_schema.catalogue import radio as metrics
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding


class RadioProbe:
    """The readings of one link's modem; each is compared with the previous one."""

    def __init__(self, services: ProbeServices) -> None:
        del services
        self._history = ModemHistory()

    async def __call__(
        self, link: LiveLink, target: Target, family: Family, settings: Settings
    ) -> Finding:
        """Read the link's modem once."""
        del target, family
        try:
            async with asyncio.timeout(settings.timeout_s):
                reading = await _read_modem(link, settings)
        except ModemAbsent as absent:
            return ok_finding({metrics.MODEM_PRESENT: 0.0}, evidence={"error": absent.detail})
        except ModemUnreadable as refused:
            return failed_finding(refused.reason, detail=refused.detail)
        except (SecretUnusable, LinkUnusable, TimeoutError, WorkerFailed, OSError) as error:
            return finding_from_error(error)
        events = self._history.add_reading(reading, time.clock_gettime(time.CLOCK_BOOTTIME))
        evidence = findings.evidence_of(reading, events, settings.plmn)
        owner = link.carriers_by_plmn.get(reading.plmn, "")
        if link.spec.carrier and owner not in {"", link.spec.carrier} and not _is_roaming(reading):
            evidence["other_carrier"] = owner
        if findings.says_nothing(reading):
            return failed_finding(
                Reason.NOT_SUPPORTED, detail="the modem shows nothing of a radio", evidence=evidence
            )
        values = findings.values_of(reading, self._history, settings.plmn, settings.apn)
        return ok_finding(values, evidence=evidence)


async def _read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """
    Return one reading, importing only the requested source.

    Raises:
        ModemUnreadable, LinkUnusable, SecretUnusable, TimeoutError, OSError: there is none.
    """
    if not settings.source:
        raise ModemUnreadable(Reason.NOT_SUPPORTED, "no source is named in the settings")
    module = import_module(f"thongsuot_agent.probes.radio.sources.{settings.source}")
    reading = await module.read_modem(link, settings)
    assert isinstance(reading, ModemReading), "every source brings a reading"
    return reading


def _is_roaming(reading: ModemReading) -> bool:
    """
    Return whether the network is a roaming partner's, so that its name says nothing about the
    contract.
    """
    return reading.registration == "roaming" or reading.roaming is True


def _applies(target: Target) -> bool:
    del target
    return False


def _cost_bytes(target: Target, settings: Settings) -> int:
    """Its traffic does not use the carrier's line."""
    del target, settings
    return 0


def _timeout_s(settings: Settings) -> float:
    return settings.timeout_s


PROBE = Probe(
    settings=Settings,
    begin=RadioProbe,
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
    per_link=True,
)
