"""The worker of the ``speedtest`` kind: ``python -m thongsuot_agent.probes.speedtest.worker``."""

from thongsuot_agent.probes.speedtest.protocol import SpeedtestRequest
from thongsuot_agent.probes.speedtest.speedtest_cli import run
from thongsuot_agent.probing.link_load.worker_process import serve_request

if __name__ == "__main__":
    serve_request(SpeedtestRequest, run)
