"""Contracts: which one holds for a circuit, and what is wrong with them is said where it stands."""

import msgspec
import pytest

from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.contract import contract_for_month, office_minutes
from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.inventory.read import find_mistakes, read_inventory

LINK = Link(
    name="fiber", interface="eth0", medium=Medium.FIBER, carrier="vnpt", circuit="FTTH-0042"
)

TOWN = """\
[[carriers]]
name = "vnpt"

[[sites]]
name = "a"

[[sites.links]]
name = "fiber"
interface = "eth0"
carrier = "vnpt"
circuit = "FTTH-0042"

[[contracts]]
name = "c"
carrier = "vnpt"
"""
FIRST_LINE = TOWN.count("\n") + 1


def test_the_contract_that_names_the_circuit_goes_before_the_medium_and_the_carrier() -> None:
    general = Contract(name="general", carrier="vnpt")
    fiber = Contract(name="fiber", carrier="vnpt", media=(Medium.FIBER,))
    own = Contract(name="own", carrier="vnpt", circuits=("FTTH-0042",))
    foreign = Contract(name="foreign", carrier="viettel", circuits=("FTTH-0042",))
    assert contract_for_month(LINK, "2026-11", [general, fiber, own, foreign]) is own
    assert contract_for_month(LINK, "2026-11", [fiber, general]) is fiber
    other = msgspec.structs.replace(LINK, medium=Medium.RADIO_5G, circuit="")
    assert contract_for_month(other, "2026-11", [own, fiber, general]) is general
    assert contract_for_month(other, "2026-11", [own, fiber]) is None


def test_a_contract_holds_from_its_first_month_to_its_last() -> None:
    old = Contract(name="old", carrier="vnpt", last_month="2026-10")
    new = Contract(name="new", carrier="vnpt", first_month="2026-11")
    assert contract_for_month(LINK, "2026-10", [old, new]) is old
    assert contract_for_month(LINK, "2026-11", [old, new]) is new


@pytest.mark.parametrize(
    ("text", "minutes"), [("08:00-12:00", (480, 720)), ("00:00-24:00", (0, 1_440))]
)
def test_office_hours_are_minutes_of_the_day(text: str, minutes: tuple[int, int]) -> None:
    assert office_minutes(text) == minutes


@pytest.mark.parametrize(
    ("lines", "line", "sentence"),
    [
        ('office_hours = ["8-12"]', 1, '"8-12" is not a range of hours, as in "08:00-12:00"'),
        ('office_hours = ["12:00-08:00"]', 1, "ends before it begins"),
        ('office_hours = ["08:00-25:00"]', 1, "ends after the day does"),
        ('office_hours = ["08:00-12:00", "11:00-13:00"]', 1, "two ranges of office_hours over"),
        ('clock = "office"\noffice_days = []', 1, 'clock "office" needs office_days'),
        ('holidays = ["2026-02-30"]', 1, '"2026-02-30" is not a day, as in "2026-09-02"'),
        ('first_month = "2026-13"', 1, '"2026-13" is not a month, as in "2026-11"'),
        ('first_month = "2026-11"\nlast_month = "2026-10"', 2, "is before first_month"),
        ('circuits = ["FTTH-0043"]', 1, 'no circuit "FTTH-0043"; did you mean "FTTH-0042"?'),
        ("availability_ratio = 99.5", 1, "availability_ratio"),
        ("availability = 0.995", 1, "availability"),
    ],
)
def test_errors_in_a_contract_are_reported_where_they_are(
    lines: str, line: int, sentence: str
) -> None:
    (mistake,) = find_mistakes({"a.toml": f"{TOWN}{lines}\n"})
    assert isinstance(mistake, DocumentError)
    assert sentence in str(mistake)
    assert mistake.line == FIRST_LINE + line - 1


def test_a_contract_needs_a_carrier_that_there_is() -> None:
    (mistake,) = find_mistakes({"a.toml": '[[contracts]]\nname = "c"\ncarrier = "vnptt"\n'})
    assert (mistake.line, "there is no carrier" in str(mistake)) == (3, True)


def test_two_contracts_for_the_same_circuits_are_refused() -> None:
    again = '\n[[contracts]]\nname = "d"\ncarrier = "vnpt"\n'
    (mistake,) = find_mistakes({"a.toml": TOWN, "b.toml": again})
    assert (mistake.file, mistake.line) == ("b.toml", 2)
    assert '"c" and "d" both hold for all circuits of "vnpt" in the same months' in str(mistake)
    assert (
        find_mistakes({"a.toml": f'{TOWN}last_month = "2026-10"\n{again}first_month = "2026-11"\n'})
        == []
    )
    assert find_mistakes({"a.toml": f'{TOWN}{again}media = ["fiber"]\n'}) == []
    two = f'{TOWN}media = ["fiber", "5g"]\n{again}media = ["5g"]\n'
    assert '"5g"' in str(find_mistakes({"a.toml": two})[0])


def test_contracts_of_all_files_are_read() -> None:
    files = {
        "a.toml": TOWN,
        "b.toml": '[[contracts]]\nname = "d"\ncarrier = "vnpt"\nmedia = ["5g"]',
    }
    assert [contract.name for contract in read_inventory(files).contracts] == ["c", "d"]
