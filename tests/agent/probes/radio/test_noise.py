"""
What a modem says with one odd word in it: never an exception, and no value that it did not say.

The recordings are invented, one a make; those of the field are read the same way where they are.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests import devices
from tests.agent.noise import SHAPES, TEXTS
from tests.agent.probes.radio.test_recordings import recorded
from thongsuot_agent.probes.radio import findings
from thongsuot_agent.probes.radio.at import transcript
from thongsuot_agent.probes.radio.modem_history import ModemHistory
from thongsuot_agent.probes.radio.reading import ModemReading
from thongsuot_agent.probes.radio.vendors import huawei, mikrotik, modemmanager, rutos, zte

AT = {
    "quectel": (
        '+QENG: "servingcell","NOCONN"\n'
        '+QENG: "LTE","FDD",452,04,3359966,1,150,1,5,5,4AA3,-89,-13,-58,16,15,20,-\n'
        '+QENG:"NR5G-NSA",452,04,832,-104,3,-14,528030,41,8,1\n+CPIN: READY\n'
        '+CEREG: 2,1,"4AA3","3359966",13\n'
    ),
    "fibocom": (
        "+GTCCINFO:\n1,4,452,04,BFD3,2D4201,1802,470,103,100,-4,39,39,7\nOK\n"
        "+GTCAINFO:\nPCC: 103,470,1802\nOK\n"
        "+GTSENRDTEMP: 1,37628\nOK\n"
    ),
    "sierra": (
        "!GSTATUS:\nTemperature: 40\nSystem mode: LTE\nLTE band: B3   LTE bw: 20 MHz\n"
        "LTE Rx chan: 1749\nEMM state: Registered\nPCC RxM RSSI: -74   RSRP (dBm): -112\n"
        "PCC RxD RSSI: -74   RSRP (dBm): -118\nRSRQ (dB): -20.0   SINR (dB): -6.4\nOK\n"
    ),
    "simcom": (
        "+CPSI: LTE,Online,452-04,0x21F9,322642,453,EUTRAN-BAND40,39275,4,4,-168,-1126,-773,7\n"
    ),
    "foxconn": (
        "RAT:LTE+NR\nMCC:452\nMNC:04\nLTE_BAND:13\nCHANNEL:5205 PCI:290\nLTE_RSRP:-115.0dBm,"
        "RSRQ:-10.7dB\nLTE_SNR:2.4dB\nNR_BAND:N78\nNR_CHANNEL:636666\nNR_PCI:4\nNR_RSRP:90.8dBm\n"
        "NR_RSRQ:-11dB\nNR_SNR:16.5dB\n"
    ),
}
SIGNAL = {
    "pci": "205",
    "cell_id": "105735",
    "mode": "7",
    "band": "20",
    "earfcn": "6250",
    "rsrp": "-113dBm",
    "rsrq": "-14.0dB",
    "sinr": "3dB",
    "rssi": "-80dBm",
    "nrrsrp": "-90dBm",
    "nrrsrq": "-11dB",
    "nrsinr": "9dB",
    "nrearfcn": "636000",
    "bandInfo": "N78",
}
CELL = {"mcc": "452", "mnc": "04", "pcid": 205, "cellid": 105735, "earfcn": 6250, "nr-arfcn": "N/A"}
DOCUMENTS: dict[str, tuple[Callable[..., ModemReading], object]] = {
    "huawei": (
        huawei.reading_from,
        {
            huawei.SIGNAL: SIGNAL,
            huawei.STATUS: {"ConnectionStatus": "901", "RoamingStatus": "0", "SimStatus": "1"},
            huawei.PLMN: {"Numeric": "45204", "FullName": "Sông Hồng"},
            huawei.TRAFFIC: {"TotalDownload": "18554169910362", "CurrentConnectTime": "289"},
        },
    ),
    "mikrotik": (
        mikrotik.reading_from,
        [
            {"data-class": "5G NSA", "primary-band": "B20@20Mhz earfcn: 6250 phy-cellid: 205"}
            | {"ca-band": "N78@100Mhz earfcn: 636000 phy-cellid: 472", "rsrp": "-86"}
            | {"rsrq": "-14", "sinr": "-2", "nr-rsrp": "-90", "nr-sinr": "14", "nr-rsrq": "-10"}
        ],
    ),
    "rutos": (
        rutos.reading_from,
        {
            "data": [
                {"primary": True, "conntype": "5G (NSA)", "simstate": "Inserted", "rsrp": -86}
                | {"data_conn_state": "Connected", "temperature": 450, "rxbytes": 23683972}
                | {"rsrq": -16, "sinr": -5, "cell_info": [CELL]}
                | {"ca_signal": [{"band": "LTE_B20", "frequency": 6250, "rsrp": -86}]}
            ]
        },
    ),
    "ubus": (
        modemmanager.reading_from_ubus,
        {
            "modem": [
                {
                    "signal": {"lte": {"rsrp": "-95.00", "rsrq": "-11.00", "snr": "7.00"}},
                    "modem": {"3gpp": {"registration-state": "home", "operator-code": "45204"}},
                }
            ]
        },
    ),
    "zte": (
        zte.reading_from,
        {
            "network_type": "ENDC",
            "rmcc": "452",
            "rmnc": "04",
            "wan_active_band": "LTE BAND 20",
            "wan_active_channel": "6250",
            "lte_rsrp": "-86",
            "lte_rsrq": "-14",
            "lte_snr": "-2",
            "nr5g_action_band": "n78",
            "Z5g_rsrp": "-90",
            "Z5g_rsrq": "-10",
            "Z5g_SINR": "14.0",
        },
    ),
}
FOLLOWS = {
    *("radio_values_rejected", "radio_technology_number", "radio_registered"),
    *("radio_roaming", "radio_sim_ready"),
}
"""Said by several words together, or by the one that is odd now."""

PLAUSIBLE = {("radio_contract_network", f"'{noise}'") for noise in ("65535", "32767")}
"""Noise that happens to be a value: five digits are the code of a network."""

COUNTS = ("_total", "_channel_number")
"""May be any number that its type can hold, as some of the noise is."""


def values_of(reading: ModemReading) -> dict[str, float]:
    """Return the values of a reading; what cannot be kept in the record is an error."""
    track = ModemHistory()
    track.add_reading(reading, 100.0)
    values = {m.name: v for m, v in findings.values_of(reading, track, ("45204",)).items()}
    msgspec.json.encode(findings.evidence_of(reading, (), ("45204",)))
    return values


def invented(whole: ModemReading, odd: ModemReading, change: str) -> list[str]:
    """Return what an odd reading has and the whole one has not."""
    values_before = values_of(whole)
    return [
        f"{change}: {name} {value}, was {values_before.get(name)}"
        for name, value in values_of(odd).items()
        if name not in FOLLOWS
        and not name.endswith(COUNTS)
        and (name, change[-7:]) not in PLAUSIBLE
        and values_before.get(name) != value
    ]


def odd_texts(text: str) -> Iterator[tuple[str, str]]:
    """Yield a transcript with one word changed, without one line, and cut off."""
    for match in re.finditer(r"[-\w.]+", text):
        for noise in TEXTS:
            change = f"{match[0]} = {noise[:12]!r}"
            yield change, text[: match.start()] + noise + text[match.end() :]
    lines = text.splitlines()
    for at, line in enumerate(lines):
        yield f"without {line}", "\n".join(lines[:at] + lines[at + 1 :])
        yield f"until {line}", "\n".join(lines[:at])


@pytest.mark.parametrize("make", sorted(AT))
def test_an_altered_word_in_a_transcript_invents_no_value(make: str) -> None:
    text = AT[make]
    whole = transcript.reading_from(text)
    assert whole.lte is not None
    faults = [
        fault
        for change, odd in odd_texts(text)
        for fault in invented(whole, transcript.reading_from(odd), change)
    ]
    assert faults == []


def places(document: object, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything in a document."""
    inner: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(document, dict):
        inner = iter(document.items())
    elif isinstance(document, list):
        inner = iter(enumerate(document))
    for key, inner_value in inner:
        yield (*before, key)
        yield from places(inner_value, (*before, key))


def odd_documents(document: object) -> Iterator[tuple[str, object]]:
    """Yield a document with one thing changed or gone."""
    for path in places(document):
        for noise in (*TEXTS, *SHAPES, "gone"):
            odd = copy.deepcopy(document)
            around = odd
            for key in path[:-1]:
                around = around[key]  # type: ignore[index]
            if noise == "gone":
                del around[path[-1]]  # type: ignore[attr-defined]
            else:
                around[path[-1]] = noise  # type: ignore[index]
            yield f"{path} = {str(noise)[:12]!r}", odd


@pytest.mark.parametrize("make", sorted(DOCUMENTS))
def test_an_altered_field_in_a_document_invents_no_value(make: str) -> None:
    read, document = DOCUMENTS[make]
    whole = read(document)
    assert whole.lte is not None
    faults = [
        fault
        for change, odd in odd_documents(document)
        for fault in invented(whole, read(odd), change)
    ]
    assert faults == []


@pytest.mark.parametrize("make", sorted(DOCUMENTS))
@pytest.mark.parametrize("document", [None, [], {}, "garbage", 7, [[]], {"data": [None]}])
def test_an_absent_answer_shows_nothing(make: str, document: object) -> None:
    pages = (
        document if isinstance(document, dict) or make != "huawei" else {huawei.SIGNAL: document}
    )
    assert findings.says_nothing(DOCUMENTS[make][0](pages))


@pytest.mark.parametrize(
    "name",
    [f"at/{n}" for n in devices.named("at", ".expected.json")]
    + [f"http/{n}" for n in devices.named("http", ".expected.json")],
)
def test_noise_in_recordings_of_the_field_raises_nothing(name: str, tmp_path: Path) -> None:
    devices.need()
    folder, _, stem = name.partition("/")
    path = next(
        recording
        for recording in (devices.FOLDER / folder).glob(f"{stem}.*")
        if not recording.name.endswith(".expected.json")
    )
    (tmp_path / folder).mkdir()
    copied = tmp_path / folder / path.name
    text = path.read_text("utf-8")
    is_json = path.suffix == ".json"
    odd: Iterator[tuple[str, object]] = (
        odd_documents(json.loads(text)) if is_json else iter(odd_texts(text))
    )
    for _, distorted in odd:
        copied.write_text(json.dumps(distorted) if is_json else str(distorted), "utf-8")
        values_of(recorded(copied))
