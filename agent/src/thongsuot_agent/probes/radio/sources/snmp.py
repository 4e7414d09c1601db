"""SNMP: a router with a profile for its modem."""

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.radio import modem_address
from thongsuot_agent.probes.radio.reading import (
    ModemReading,
    ModemUnreadable,
    ReadingBuilder,
    TrafficCounter,
)
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probing.snmp.protocol import ComponentReading, Survey
from thongsuot_agent.probing.snmp.visit import (
    Credentials,
    VisitSettings,
    finding_from_failed_survey,
    read_device,
)
from thongsuot_schema.reason import Reason

_USUAL_PORT = 161
_MEASURES = ("rsrp_dbm", "rsrq_db", "sinr_db", "rssi_dbm")
_HEX = 16


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return the values of the router's modem, read by its profile."""
    family, address = modem_address.find_modem_address(link, settings.address)
    visit = VisitSettings(
        credentials=Credentials(
            version=str(settings.version),
            community_file=settings.community_file,
            user=settings.user,
            auth=settings.auth,
            auth_file=settings.auth_file,
            privacy=settings.privacy,
            privacy_file=settings.privacy_file,
            context=settings.context,
        ),
        port=settings.port or _USUAL_PORT,
        profiles=settings.profiles,
        profile_folder=settings.profile_folder,
        bound_to_link=settings.bound_to_link,
        answer_s=settings.answer_s,
        retries=settings.retries,
        timeout_s=settings.timeout_s,
    )
    survey = await read_device(link, family, address, visit, ("radio",))
    if survey.failure:
        refused = finding_from_failed_survey(survey)
        assert refused.reason is not None, "a failure has a reason"
        raise ModemUnreadable(refused.reason, refused.detail)
    return reading_from(survey, settings.modem)


def reading_from(survey: Survey, modem: str = "") -> ModemReading:
    """
    Return the reading of one modem: the configured row, else the first with a signal.

    Raises:
        ModemUnreadable: there is no modem.
    """
    for profiled in survey.profiled:
        groups = profiled.groups
        with_signal = [row for row, group in groups.items() if _has_signal(group)]
        row = modem or next(iter(with_signal or groups), "")
        if row in groups:
            return _reading(groups[row], shows_nr=profiled.shows_nr)
    missing = f"no modem {modem}" if modem else "no modem that a profile knows"
    raise ModemUnreadable(Reason.NOT_SUPPORTED, f"the router shows {missing}")


def _has_signal(group: ComponentReading) -> bool:
    return any(name in group.numbers for name in ("rsrp_dbm", "nr_rsrp_dbm", "rssi_dbm"))


def _reading(group: ComponentReading, *, shows_nr: bool) -> ModemReading:
    draft = ReadingBuilder()
    numbers, texts = group.numbers, group.texts
    for leg, prefix in (("lte", ""), ("nr", "nr_")):
        draft.add_measurements(leg, {name: numbers.get(f"{prefix}{name}") for name in _MEASURES})
    draft.add_measurement("lte", "rsrp_dbm", numbers.get("rsrp1_dbm"))
    draft.set_cell(
        "lte",
        arfcn=numbers.get("earfcn"),
        pci=numbers.get("pci"),
        tac=numbers.get("tac"),
        band=texts.get("band"),
        cell_id=_cell(texts.get("cell_id", "")),
    )
    draft.set_cell("nr", arfcn=numbers.get("nr_arfcn"), band=texts.get("nr_band"))
    registration = texts.get("registration", "")
    roaming = texts.get("roaming", registration if registration in {"home", "roaming"} else "")
    draft.set_fields(
        technology=texts.get("rat"),
        registration=registration,
        sim=_sim(texts),
        plmn=texts.get("plmn"),
        connected={"yes": True, "no": False}.get(texts.get("connected", "")),
        roaming={"roaming": True, "home": False}.get(roaming),
        received=_bytes(group, "rx_bytes"),
        sent=_bytes(group, "tx_bytes"),
        temperature_c=numbers.get("modem_temp_c"),
        session_s=numbers.get("conn_uptime_s"),
        shows_nr=shows_nr,
    )
    draft.add_texts(operator=texts.get("operator"), model=texts.get("modem_model"))
    for name, why in group.rejected.items():
        leg, _, rest = name.partition("nr_")
        draft.rejected.setdefault(f"nr_{rest}" if not leg else f"lte_{name}", why)
    return draft.build()


def _sim(texts: dict[str, str]) -> str:
    """Return the worse of the states of the SIM and of its PIN."""
    states = [texts[name] for name in ("sim_state", "pin_state") if name in texts]
    return next((state for state in states if state != "ready"), states[0] if states else "")


def _cell(text: str) -> int | None:
    for base in (10, _HEX):
        try:
            return int(text, base)
        except ValueError:
            continue
    return None


def _bytes(group: ComponentReading, name: str) -> TrafficCounter | None:
    value = group.numbers.get(name)
    return None if value is None else TrafficCounter(int(value), group.bits.get(name, 32))
