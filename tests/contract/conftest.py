import pytest
from tools.footprint import Footprint, observe


@pytest.fixture(scope="session")
def agent_at_work() -> Footprint:
    """What one real agent loads and weighs; it takes a quarter of a minute, so once for all."""
    return observe()
