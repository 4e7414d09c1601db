"""The communes that ship: all there, in Vietnamese order."""

import random
import subprocess
import sys
import unicodedata
from importlib.resources import files

import pytest

from thongsuot_schema.inventory.communes import (
    NOWHERE,
    bundled_communes,
    fold,
    own_name,
    sort_key,
)


def test_all_126_are_there_once() -> None:
    communes = bundled_communes()
    assert len(communes) == 126
    assert len({commune.code for commune in communes}) == 126
    assert len({commune.slug for commune in communes}) == 126
    assert [commune.kind for commune in communes].count("phuong") == 51
    assert NOWHERE not in {commune.code for commune in communes}


def test_every_commune_agrees_with_its_own_kind_and_slug() -> None:
    for commune in bundled_communes():
        assert unicodedata.is_normalized("NFC", commune.name)
        assert own_name(commune) != commune.name
        assert fold(own_name(commune)).replace(" ", "-") == commune.slug
        assert fold(commune.name.removesuffix(own_name(commune))) == commune.kind


def test_no_more_than_four_columns_ship_and_the_licence_stands_beside() -> None:
    folder = files("thongsuot_schema.inventory")
    head = folder.joinpath("communes.csv").read_text("utf-8").splitlines()[0]
    assert head == "code,name,kind,slug"
    notice = folder.joinpath("communes.NOTICE").read_text("utf-8")
    assert "vietnamadminunits" in notice
    assert "MIT License" in notice


WORDS = [
    *("an", "ăn", "ân", "ba", "bà", "bả", "bã", "bá", "bạ", "bă", "bâ", "da", "dạ", "đa", "đá"),
    *("e", "ê", "lan", "lán", "lan anh", "o", "ô", "ơ", "tu", "tú", "tư", "từ", "u", "ư", "y"),
]


def test_words_sort_by_letters_first_and_tones_after() -> None:
    shuffled = random.Random(3).sample(WORDS, len(WORDS))
    assert sorted(shuffled, key=sort_key) == WORDS


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_form_of_unicode_does_not_matter(form: str) -> None:
    text = unicodedata.normalize(form, "Đống Đa")  # type: ignore[arg-type]
    assert sort_key(text) == sort_key("Đống Đa")
    assert fold(text) == "dong da"


def test_communes_are_in_vietnamese_order() -> None:
    order = [own_name(commune) for commune in bundled_communes()]
    assert order[:6] == ["An Khánh", "Ba Đình", "Ba Vì", "Bạch Mai", "Bát Tràng", "Bất Bạt"]
    assert order.index("Dương Nội") < order.index("Đa Phúc") < order.index("Gia Lâm")
    assert order[-1] == "Yên Xuân"


def test_the_idle_agents_way_does_not_load_them() -> None:
    program = (
        "import sys; import thongsuot_schema.inventory.model, thongsuot_schema.document, "
        "thongsuot_schema.batch.encode; print('csv' in sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert loaded.stdout.strip() == "False"
