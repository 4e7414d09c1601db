from pathlib import Path

import pytest

from thongsuot_collector.config.read import parse_configuration
from thongsuot_runtime.config_file import ConfigInvalid


def mistakes(text: str, folder: Path) -> str:
    with pytest.raises(ConfigInvalid) as caught:
        parse_configuration(text, file="c.toml", folder=folder)
    return str(caught.value)


def test_a_reflector_without_key_and_allowed_networks_is_refused(tmp_path: Path) -> None:
    text = '[reflector]\nstamp_address = "0.0.0.0:862"\n'
    assert "c.toml:2: " in (message := mistakes(text, tmp_path))
    assert "would answer nobody: give key_file, or the networks of allow" in message


def test_a_network_and_an_address_are_checked(tmp_path: Path) -> None:
    text = '[reflector]\nstamp_address = "reflector:862"\nallow = ["10.0.0.0/8", "10.0.0.1/8"]\n'
    message = mistakes(text, tmp_path)
    assert "c.toml:2: " in message
    assert 'c.toml:3: "10.0.0.1/8" is no network, as in "203.0.113.0/24"' in message


def test_a_key_is_looked_for_beside_the_file_and_checked(tmp_path: Path) -> None:
    text = '[reflector]\nstamp_address = "[::]:862"\nkey_file = "key"\n'
    assert f"cannot read key file {tmp_path}/key" in mistakes(text, tmp_path)
    key = tmp_path / "key"
    key.write_text("a-key-of-the-city")
    key.chmod(0o600)
    configuration = parse_configuration(text, file="c.toml", folder=tmp_path)
    assert configuration.settings.reflector.key_file == str(key)
