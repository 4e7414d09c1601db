"""A configuration is read whole or refused with every mistake, each with file and line."""

from pathlib import Path

import msgspec
import pytest

from thongsuot_runtime.config_file import ConfigInvalid, ConfigText, raise_mistakes, read_text
from thongsuot_schema.errors import DocumentError


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: str
    every_s: float = 15.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    push: Push


def test_a_document_becomes_a_value_with_the_defaults_of_its_type() -> None:
    settings = ConfigText('[push]\nurl = "https://a"\n', "a.toml").decode(Settings)
    assert settings == Settings(push=Push(url="https://a", every_s=15.0))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[push]\nurl = "https://a"\nevery = 3\n', 'a.toml:3: unknown key "every" in [push]'),
        ("[push]\nurl = 7\n", 'a.toml:2: "url" in [push] must be text, not 7'),
        ("[push]\n\nurl = \n", "a.toml:3: not TOML: "),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(text: str, says: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        ConfigText(text, "a.toml").decode(Settings)
    assert str(refused.value).startswith(says)


def test_a_part_is_converted_with_the_lines_of_the_whole() -> None:
    source = ConfigText('state = 1\n[push]\nurl = "https://a"\nevery_s = "often"\n', "a.toml")
    with pytest.raises(DocumentError, match=r'a\.toml:4: "every_s" in \[push\] must be a number'):
        source.convert({"url": "https://a", "every_s": "often"}, Push, ("push",))


def test_all_mistakes_are_raised_together_in_the_order_of_files_and_lines() -> None:
    source = ConfigText('[push]\nurl = "https://a"\nevery_s = 3\n', "b.toml")
    later, earlier = (
        source.error_at(("push", "every_s"), "too short"),
        source.error_at(("push", "url"), "no host"),
    )
    with pytest.raises(ConfigInvalid) as refused:
        raise_mistakes([later, earlier, DocumentError("a.toml", 9, "no such site")])
    assert str(refused.value).splitlines() == [
        "a.toml:9: no such site",
        "b.toml:2: no host",
        "b.toml:3: too short",
    ]
    assert len(refused.value.mistakes) == 3


def test_nothing_is_raised_where_nothing_is_wrong() -> None:
    raise_mistakes(iter(()))


def test_a_file_that_is_not_there_and_one_that_is_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"absent\.toml: there is no such file"):
        read_text(tmp_path / "absent.toml")
    with pytest.raises(ConfigInvalid, match=r"cannot be read: .*directory"):
        read_text(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"\xe9")
    with pytest.raises(ConfigInvalid, match=r"latin\.toml: cannot be read: "):
        read_text(tmp_path / "latin.toml")
