from tests.agent.probes.conftest import authority, lab, stamping

__all__ = ["authority", "lab", "stamping"]
