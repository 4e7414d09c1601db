"""Programs of the system that answer in JSON (busctl, ubus), run once and over."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_schema.reason import Reason


async def run_json_program(arguments: Sequence[str], timeout_s: float) -> Any:  # noqa: ANN401 - JSON
    """
    Return what a program prints.

    Raises:
        ModemUnreadable: it is not installed, or it complained; the text is its last line.
        TimeoutError: it took too long; it is over then.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise ModemUnreadable(Reason.NOT_SUPPORTED, f"{arguments[0]} is not installed") from error
    try:
        async with asyncio.timeout(timeout_s):
            output, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise ModemUnreadable(Reason.NOT_SUPPORTED, f"{arguments[0]}: {''.join(lines[-1:])}")
    return msgspec.json.decode(output) if output.strip() else None
