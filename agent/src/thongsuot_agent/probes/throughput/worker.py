"""The worker of the ``throughput`` kind: ``python -m thongsuot_agent.probes.throughput.worker``."""

from thongsuot_agent.probes.throughput.load import run
from thongsuot_agent.probes.throughput.protocol import LoadTestRequest
from thongsuot_agent.probing.link_load.worker_process import serve_request

if __name__ == "__main__":
    serve_request(LoadTestRequest, run)
