"""Settings of agents with modems in their devices: where to query ModemManager."""

from thongsuot_lab.lab import Lab
from thongsuot_lab.services.modem import APNS
from thongsuot_lab.services.modem_bus import bus_socket
from thongsuot_lab.topology.model import LabSite
from thongsuot_schema.inventory.model import ProbeSchedule

EVERY_S = 10.0


def modem_probes(site: LabSite, lab: Lab) -> tuple[ProbeSchedule, ...]:
    """Return a reading for each modem whose bus exists, by the link that it belongs to."""
    radios = {modem.radio for node in lab.topology.nodes for modem in node.modems}
    return tuple(
        ProbeSchedule(
            kind="radio",
            every_s=EVERY_S,
            links=(uplink.name,),
            settings={
                "source": "modemmanager",
                "bus": f"unix:path={bus_socket(lab.run_dir, uplink.cpe)}",
                "timeout_s": 5.0,
                "apn": [APNS["contract"]],
            },
        )
        for uplink in site.uplinks
        if uplink.cpe in radios
        and bus_socket(lab.run_dir, uplink.cpe).with_suffix(".conf").exists()
    )
