"""The worker of the ``qcvn`` kind: ``python -m thongsuot_agent.probes.qcvn.worker``."""

from thongsuot_agent.probes.qcvn.file_transfer import run
from thongsuot_agent.probes.qcvn.protocol import FileTestRequest
from thongsuot_agent.probing.link_load.worker_process import serve_request

if __name__ == "__main__":
    serve_request(FileTestRequest, run)
