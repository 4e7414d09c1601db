from pathlib import Path

import pytest

from thongsuot_collector.errors import CollectorError
from thongsuot_collector.reflector.key import read_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    key_path = tmp_path / "key"
    key_path.write_text("a-key-of-the-city\n")
    key_path.chmod(0o640)
    return key_path


def test_a_key_is_one_line(path: Path) -> None:
    assert read_key(path) == b"a-key-of-the-city"


def test_a_key_that_cannot_be_used_says_why(path: Path) -> None:
    path.chmod(0o644)
    with pytest.raises(CollectorError, match=r"may be used by anybody \(mode 644\); chmod 640"):
        read_key(path)
    path.chmod(0o600)
    for text in ("short", "a key with blanks in it", "a-key-of-two-lines\nof-the-city\n"):
        path.write_text(text)
        with pytest.raises(CollectorError, match="holds no key"):
            read_key(path)
    with pytest.raises(CollectorError, match="cannot read key file"):
        read_key(path.with_name("none"))
