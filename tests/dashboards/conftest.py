"""One Prometheus that holds what was recorded in the lab, for all tests that only ask it."""

from collections.abc import Iterator

import pytest

from tests.dashboards.recording.fill import LabData, filled
from tests.servers import need


@pytest.fixture(scope="session")
def lab_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabData]:
    """The recording in a Prometheus, with the series of the recording rules over all of it."""
    need("prometheus")
    with filled(tmp_path_factory.mktemp("filled")) as found:
        yield found
