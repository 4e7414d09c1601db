from tests.agent.links.conftest import lab, stamping

__all__ = ["lab", "stamping"]
