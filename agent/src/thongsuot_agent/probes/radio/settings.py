"""Settings: how the modem of a link is queried; one type for all sources."""

from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import iter_modules

from thongsuot_agent.probing.snmp.visit import AUTHS, PRIVACIES
from thongsuot_schema.localizable import Localizable

_SOURCES = "thongsuot_agent.probes.radio.sources"
"""Not imported here: each source imports these settings."""


def known_sources() -> tuple[str, ...]:
    """Return the names of the existing sources: the modules of ``sources``."""
    spec = find_spec(_SOURCES)
    folders = [] if spec is None else spec.submodule_search_locations
    return tuple(sorted(module.name for module in iter_modules(folders)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "radio"`` entry."""

    source: str = ""
    """at, hilink, mikrotik, modemmanager, rutos, snmp, ubus or zte; there is no default."""
    plmn: tuple[str, ...] = ()
    """
    Networks (PLMN) of the contract's carrier; empty: those of the link's carrier, if configured.
    """
    apn: tuple[str, ...] = ()
    """Access points of the contract (modemmanager); empty: any that the network knows."""
    address: str = "gateway"
    """Address of the router or modem (snmp, hilink, mikrotik, rutos, zte)."""
    port: int = 0
    """0: the default port of the source."""
    modem: str = ""
    """Which of several modems: row, path or interface; empty: the first that has a signal."""
    bound_to_link: bool = True
    """Query only over the link; off for a router on another network of the site."""
    user: str = ""
    password_file: str = ""
    """File or credential (hilink, mikrotik, rutos, zte)."""
    is_tls: bool = False
    """Use HTTPS; then ``ca_file`` has the router's own certificate or its authority."""
    ca_file: str = ""
    version: str | int = "2c"
    """SNMP version: ``2c`` or ``3``; this and the following as in ``kind = "snmp"``."""
    community_file: str = ""
    auth: str = "sha256"
    auth_file: str = ""
    privacy: str = "aes"
    privacy_file: str = ""
    context: str = ""
    profiles: tuple[str, ...] = ()
    profile_folder: str = ""
    device: str = "/dev/ttyUSB2"
    """Serial port for AT commands."""
    baud: int = 115200
    make: str = ""
    """
    ``quectel``, ``fibocom``, ``sierra``, ``simcom``, ``foxconn``; empty: by the modem's answer.
    """
    bus: str = ""
    """Address of the D-Bus that ModemManager is on; empty: the system's."""
    signal_every_s: int = 30
    """ModemManager's polling interval of the modem, if nobody has set it yet."""
    answer_s: float = 1.5
    retries: int = 1
    timeout_s: float = 20.0
    """Time limit of a whole reading."""

    def __post_init__(self) -> None:
        """Reject contradictory settings when the configuration is read."""
        if self.source and self.source not in known_sources():
            raise ValueError(
                Localizable(
                    'no source "{source}"; known: {known}',
                    source=self.source,
                    known=", ".join(known_sources()),
                )
            )
        if self.source == "snmp":
            if str(self.version) not in {"2c", "3"}:
                raise ValueError(
                    Localizable('version "{version}" is not "2c" or "3"', version=self.version)
                )
            if self.auth not in AUTHS or self.privacy not in PRIVACIES:
                raise ValueError(
                    Localizable(
                        'no algorithm "{auth}" or "{privacy}"', auth=self.auth, privacy=self.privacy
                    )
                )
        for network in self.plmn:
            if not (network.isdecimal() and len(network) in {5, 6}):
                raise ValueError(
                    Localizable(
                        'plmn "{network}" is not a country and network code, as "45204"',
                        network=network,
                    )
                )
