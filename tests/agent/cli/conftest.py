"""What a command prints in Vietnamese, and which of its words are English."""

import re
from collections.abc import Callable

import pytest

Print = Callable[[], str]
InBoth = Callable[[Print], tuple[str, set[str]]]

SAME = {"proxy", "modem", "bearer", "byte", "ping", "unit", "credential", "web", "Internet"}
"""What a Vietnamese technician calls by the same word."""
COMMANDS = {
    *("thongsuot", "agent", "routes", "apply", "journalctl", "timedatectl", "true", "do", "chrony"),
    *("sysctl", "systemctl", "start", "nmcli", "mmcli", "modify", "any", "pon", "up", "set"),
    *(
        "link",
        "mtu",
        "ip",
        "route",
        "rule",
        "add",
        "default",
        "dev",
        "via",
        "metric",
        "table",
        "connection",
    ),
    *(
        "proto",
        "priority",
        "fwmark",
        "lookup",
        "from",
        "all",
        "tos",
        "onlink",
        "unreachable",
        "lo",
        "protocol",
    ),
}
"""Words of commands: the same for every person ("do" is Vietnamese for "because")."""


@pytest.fixture
def in_both(monkeypatch: pytest.MonkeyPatch) -> InBoth:
    """Return what is printed in Vietnamese, and which of its words stand in the English too."""
    monkeypatch.delenv("LANGUAGE", raising=False)

    def printed(show: Print) -> tuple[str, set[str]]:
        texts = {}
        for language in ("C", "vi_VN.UTF-8"):
            monkeypatch.setenv("LC_ALL", language)
            texts[language] = show()
        common = words(texts["C"]) & words(texts["vi_VN.UTF-8"])
        return texts["vi_VN.UTF-8"], common - SAME - COMMANDS

    return printed


def words(text: str) -> set[str]:
    """Return the words of a text that may be English; no names, paths, commands or settings."""
    named = r"`[^`]*`|\S*[\d_./:=\[\]\"-]\S*|[A-Z]{2,}\w*"
    text = re.sub(named, " ", text)
    return set(re.findall(r"\b[A-Za-z]{2,}\b", text))
