"""One Prometheus that holds what was recorded in the lab, for all tests that only ask it."""

from collections.abc import Iterator

import pytest

from tests.dashboards.recording.filled_prometheus import RecordedLabData, filled_prometheus
from tests.servers import need


@pytest.fixture(scope="session")
def lab_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedLabData]:
    """The recording in a Prometheus, with the series of the recording rules over all of it."""
    need("prometheus")
    with filled_prometheus(tmp_path_factory.mktemp("filled")) as filled:
        yield filled
