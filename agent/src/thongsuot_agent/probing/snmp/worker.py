"""
Worker: the process of one survey. ``python -m thongsuot_agent.probing.snmp.worker FD``.

Reads a request (JSON) from its standard input, uses the inherited socket with file descriptor FD,
writes a survey (JSON) to its standard output, and exits. All memory and device state of pysnmp end
with it.
"""

import asyncio
import socket
import sys

import msgspec

from thongsuot_agent.probing.snmp.client import SnmpFailed
from thongsuot_agent.probing.snmp.profile import ProfileInvalid, known_profiles
from thongsuot_agent.probing.snmp.protocol import Survey, SurveyRequest
from thongsuot_agent.probing.snmp.survey import survey_device


async def run_request(request: SurveyRequest, opened: socket.socket) -> Survey:
    """Return the result of a visit; an unreadable device is also a survey."""
    try:
        from thongsuot_agent.probing.snmp.pysnmp_client import PysnmpClient  # noqa: PLC0415 - an extra
    except ImportError as error:
        return Survey(failure=f"pysnmp is not installed ({error.name})", reason="missing")
    client = PysnmpClient(request.access, opened)
    try:
        return await survey_device(client, request, known_profiles(request.folder))
    except SnmpFailed as failed:
        return Survey(failure=str(failed), reason="silent" if failed.is_silent else "refused")
    except (ProfileInvalid, KeyError) as error:
        return Survey(failure=f"cannot use the profiles: {error}", reason="broken")
    finally:
        client.close()


def main() -> int:
    """Process one request; return the exit code."""
    opened = socket.socket(fileno=int(sys.argv[1]))
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=SurveyRequest)
    survey = asyncio.run(run_request(request, opened))
    sys.stdout.buffer.write(msgspec.json.encode(survey))
    return 0


if __name__ == "__main__":
    sys.exit(main())
