"""
Run by Debian's Python: a D-Bus, dbusmock's ModemManager on it, and a modem described by lines of
JSON.

Arguments: the configuration of the bus, and its socket. Ends with its standard input. Writes a line
to its standard output when the bus shows the state in the first line of its input.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import dbus  # type: ignore[import-not-found]

MANAGER = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"
MODEM, BEARER = f"{ROOT}/Modems/1", f"{ROOT}/Bearer/1"
MOCK = "org.freedesktop.DBus.Mock"
STATES = {"failed": -1, "locked": 2, "registered": 8, "connected": 11, "searching": 7}
REGISTRATIONS = {"home": 1, "searching": 2, "denied": 3}
NO_SIM = 2
LTE_AND_NR = (1 << 14) | (1 << 15)
SIGNAL = {
    "Lte": {"rssi": -60.0, "rsrq": -9.0, "rsrp": -82.0, "snr": 18.0},
    "Nr5g": {"rsrp": -78.0, "rsrq": -10.0, "snr": 20.0},
}
"""A good radio."""
WITHIN_S = 120.0
"""Generous, for a machine that is busy with other work."""


def table(values: dict[str, object]) -> object:
    """Return properties in the types that D-Bus requires."""
    return dbus.Dictionary(values, signature="sv")


def start(config: str, socket: str) -> list["subprocess.Popen[bytes]"]:
    """Start the bus and the mock; both are ready when this returns."""
    daemon = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork"])
    limit_s = time.monotonic() + WITHIN_S
    while not Path(socket).exists() and time.monotonic() < limit_s:
        time.sleep(0.05)
    mock = subprocess.Popen(
        [sys.executable, "-m", "dbusmock", "--system", "-t", "modemmanager"], stdout=sys.stderr
    )
    bus = dbus.SystemBus()
    while not bus.name_has_owner(MANAGER) and time.monotonic() < limit_s:
        time.sleep(0.05)
    return [mock, daemon]


def modem_properties(state: dict[str, object]) -> dict[str, object]:
    """Return the properties of the modem itself."""
    sim, is_registered = state["sim_state"], state["registration"] == "home"
    word = {"locked": "locked", "absent": "failed"}.get(str(sim), "searching")
    if sim == "ready" and is_registered:
        word = "connected" if state["is_connected"] else "registered"
    is_tried = state["is_connected"] or state["bearer_error"]
    bearers = [dbus.ObjectPath(BEARER)] if is_tried else []
    return {
        "State": dbus.Int32(STATES[word]),
        "StateFailedReason": dbus.UInt32(NO_SIM if sim == "absent" else 0),
        "AccessTechnologies": dbus.UInt32(LTE_AND_NR if is_registered else 0),
        "Bearers": dbus.Array(bearers, signature="o"),
    }


def bearer_properties(state: dict[str, object]) -> dict[str, object]:
    """
    Return the properties of its bearer: the access point, and the reason if there is no connection.
    """
    error = str(state["bearer_error"])
    why = "Missing or unknown APN" if error else ""
    return {
        "Connected": bool(state["is_connected"]),
        "Properties": table({"apn": str(state["apn"])}),
        "ConnectionError": dbus.Struct((error, why), signature="ss"),
    }


class ModemOnBus:
    """The modem on the bus."""

    def __init__(self) -> None:
        self.bus = dbus.SystemBus()
        self.is_there = False

    def at(self, path: str) -> object:
        """Return the mock interface of an object."""
        return dbus.Interface(self.bus.get_object(MANAGER, path), MOCK)

    def show(self, state: dict[str, object]) -> None:
        """Adopt the state in a line."""
        if not state["is_present"]:
            if self.is_there:
                root = self.at(ROOT)
                root.RemoveObject(MODEM)  # type: ignore[attr-defined]
                root.RemoveObject(BEARER)  # type: ignore[attr-defined]
            self.is_there = False
            return
        network = {
            "OperatorCode": str(state["plmn"]),
            "RegistrationState": dbus.UInt32(REGISTRATIONS[str(state["registration"])]),
        }
        if not self.is_there:
            self.add(state, network)
        modem = self.at(MODEM)
        modem.UpdateProperties(f"{MANAGER}.Modem", table(modem_properties(state)))  # type: ignore[attr-defined]
        modem.UpdateProperties(f"{MANAGER}.Modem.Modem3gpp", table(network))  # type: ignore[attr-defined]
        # The mock cannot update a property that is a table, so the whole object is added again.
        self.at(ROOT).RemoveObject(BEARER)  # type: ignore[attr-defined]
        self.add_bearer(state)

    def add(self, state: dict[str, object], network: dict[str, object]) -> None:
        """Add the modem and its bearer to the bus."""
        root, none = self.at(ROOT), dbus.Array([], signature="(ssss)")
        ports = dbus.Array(
            [dbus.Struct((str(state["interface"]), dbus.UInt32(2)), signature="su")],
            signature="(su)",
        )
        own = {**modem_properties(state), "Model": "RM520N-GL", "Ports": ports}
        root.AddObject(MODEM, f"{MANAGER}.Modem", table(own), none)  # type: ignore[attr-defined]
        modem = self.at(MODEM)
        modem.AddProperties(f"{MANAGER}.Modem.Modem3gpp", table(network))  # type: ignore[attr-defined]
        legs = {
            leg: table({k: dbus.Double(v) for k, v in of.items()}) for leg, of in SIGNAL.items()
        }
        modem.AddProperties(  # type: ignore[attr-defined]
            f"{MANAGER}.Modem.Signal", table({"Rate": dbus.UInt32(5), **legs})
        )
        self.add_bearer(state)
        self.is_there = True

    def add_bearer(self, state: dict[str, object]) -> None:
        """Add its bearer to the bus."""
        properties = {"Interface": str(state["interface"]), **bearer_properties(state)}
        none = dbus.Array([], signature="(ssss)")
        self.at(ROOT).AddObject(  # type: ignore[attr-defined]
            BEARER, f"{MANAGER}.Bearer", table(properties), none
        )


if __name__ == "__main__":
    children = start(sys.argv[1], sys.argv[2])
    try:
        modem = ModemOnBus()
        modem.show(json.loads(sys.stdin.readline()))
        print("shown", flush=True)
        for line in sys.stdin:
            modem.show(json.loads(line))
    finally:
        for child in children:
            child.terminate()
            child.wait()
