"""Identities of subscribers and modems never leave the device in clear."""

import pytest

from thongsuot_agent.probing.equipment.redaction import redact


@pytest.mark.parametrize(
    "identity",
    [
        "860302050000000",
        "8603020500000001",
        "452040123456789",
        "8984048000012345678F",
        "89840480000123456789",
        "+84912345678",
        "0912345678",
    ],
)
def test_identities_are_masked_wherever_they_stand(identity: str) -> None:
    for text in (identity, f"IMEI: {identity}", f"a={identity},b", f'"{identity}"'):
        assert identity not in redact(text)
        assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "45204",
        "cell 4295434240",
        "arfcn 636000",
        "1.3.6.1.4.1.48690.2.2.1.20",
        "RUT9_R_00.07.06.18",
    ],
)
def test_a_foreign_identity_stays(text: str) -> None:
    assert redact(text) == text
