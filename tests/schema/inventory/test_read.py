"""Inventories: read together, references checked, every mistake named by file and line."""

import cProfile
import pstats
from pathlib import Path

import pytest

from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.communes import bundled_communes
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.inventory.read import find_mistakes, read_inventory

GOLDEN = Path(__file__).parents[2] / "golden" / "inventory"
KINDS = [name for name in catalogue.kinds() if name != "verdict"]
"""All that can be probed: verdicts are the judge's."""
INVALID = sorted(GOLDEN.glob("invalid-*.toml"))
CITY = {path.name: path.read_text("utf-8") for path in sorted((GOLDEN / "city").glob("*.toml"))}


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_mistake_is_reported_with_its_line_and_a_sentence(path: Path) -> None:
    text = path.read_text("utf-8")
    expected = text.splitlines()[0].removeprefix("# Expected: ")
    expected = expected.replace("{kinds}", ", ".join(KINDS))
    errors = find_mistakes({path.name: text})
    assert [f"{error.line}: {error.message}" for error in errors] == [expected]
    with pytest.raises(DocumentError) as raised:
        read_inventory({path.name: text})
    assert str(raised.value) == f"{path.name}:{expected}"


def test_there_are_mistakes_to_test() -> None:
    assert len(INVALID) > 40


def test_files_are_read_together() -> None:
    assert len(CITY) == 4
    city = read_inventory(CITY)
    assert [site.name for site in city.sites] == ["ba-dinh-1", "ba-dinh-2", "son-tay-1"]
    assert [link.medium for link in city.sites[0].links] == [Medium.FIBER, Medium.RADIO_5G]
    assert {carrier.name for carrier in city.carriers} == {"vnpt", "viettel"}
    assert {schedule.kind for schedule in city.probes} == {"icmp", "dns", "http", "host"}
    assert city.communes == bundled_communes()


def test_the_order_of_files_does_not_matter_for_what_they_refer_to() -> None:
    backwards = dict(reversed(CITY.items()))
    assert sorted(read_inventory(backwards).sites, key=lambda site: site.name) == sorted(
        read_inventory(CITY).sites, key=lambda site: site.name
    )


def test_a_city_without_a_file_has_its_communes() -> None:
    assert read_inventory({}) == Inventory(communes=bundled_communes())


def test_all_mistakes_are_reported_in_the_order_of_files_and_lines() -> None:
    files = {
        "b.toml": '[[sites]]\nname = "a"\nowner = "x"\ncommune = "99999"\n',
        "a.toml": '[[sites]]\nname = "a"\n[[sites.links]]\nname = "l"\n'
        'interface = "/"\ncarrier = "c"\n',
    }
    places = [(error.file, error.line) for error in find_mistakes(files)]
    assert places == [("b.toml", 3), ("b.toml", 4), ("a.toml", 2), ("a.toml", 5), ("a.toml", 6)]


def test_a_name_given_twice_is_reported_with_the_other_place() -> None:
    files = {"a.toml": '\n[[carriers]]\nname = "c"\n', "b.toml": '[[carriers]]\nname = "c"\n'}
    (error,) = find_mistakes(files)
    assert str(error) == 'b.toml:2: carrier "c" is there already: a.toml:3'


def test_a_file_that_cannot_be_read_hides_no_other_file_that_cannot() -> None:
    files = {"a.toml": "x = 1", "b.toml": "y = ", "c.toml": '[[sites]]\nname = "a"\nowner = "o"\n'}
    assert [error.file for error in find_mistakes(files)] == ["a.toml", "b.toml"]


def test_names_of_links_are_not_checked_before_there_are_sites() -> None:
    text = '[[probes]]\nkind = "icmp"\nevery_s = 5\nlinks = ["wwan0"]\n'
    assert read_inventory({"a.toml": text}).probes[0].links == ("wwan0",)


def test_a_commune_of_another_province_may_be_written_down() -> None:
    text = '[[communes]]\ncode = "27000"\nname = "Xã X"\nkind = "xa"\nslug = "x"\n'
    text += '[[sites]]\nname = "a"\ncommune = "27000"\n'
    assert read_inventory({"a.toml": text}).communes[-1].code == "27000"


def calls_to_read(count: int, *, is_doubled: bool) -> int:
    """Return how many calls it costs to look for mistakes in so many carriers."""
    table = "".join(f'[[carriers]]\nname = "c{number}"\n' for number in range(count))
    files = {"a.toml": table, "b.toml": table if is_doubled else ""}
    with cProfile.Profile() as profile:
        errors = find_mistakes(files)
    assert len(errors) == (count if is_doubled else 0)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_doubled", [False, True])
def test_four_times_as_many_entries_cost_four_times_as_much(is_doubled: bool) -> None:
    """A city has thousands of entries; when each was searched in the whole file, 300 took 4 s."""
    few, many = (calls_to_read(count, is_doubled=is_doubled) for count in (100, 400))
    assert many < 5 * few
