from pathlib import Path

import pytest

from tests.agent.links.conftest import lab, stamping
from tests.agent.probes.web_server import Authority

__all__ = ["authority", "lab", "stamping"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)
