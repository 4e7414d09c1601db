"""
Records the judge's input events, for ``thongsuot-agent replay``.

For the hunt for a wrong verdict, not for always: 18 series make 120 MB a day (2026-11). A recording
belongs to one set of probes; when that changes (an uplink was found), the next file begins, with a
number behind its name.
"""

import logging
from pathlib import Path
from typing import BinaryIO

from thongsuot_agent.judge.recording import Recorded, event_line, header_line
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes

_log = logging.getLogger(__name__)

LARGEST_BYTES = 256 << 20
"""The maximum size of a file; a forgotten recording must not fill the card."""


class JudgeRecorder:
    """Writes recordings beside a path. An existing file is never written over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._site_probes: SiteProbes | None = None
        self._file: BinaryIO | None = None

    def write(self, event: Recorded, site_probes: SiteProbes, settings: Settings) -> None:
        """Write one event, as it is given to the judge."""
        try:
            if site_probes is not self._site_probes:
                self._open_next(site_probes, settings)
            if self._file is not None:
                self._file.write(event_line(event))
                if self._file.tell() > LARGEST_BYTES:
                    _log.warning("recording file=%s is full; it ends", self._file.name)
                    self.close()
        except OSError as error:
            _log.warning("cannot record file=%s: %s; the recording ends", self._path, error)
            self.close()

    def close(self) -> None:
        """End the recording."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open_next(self, site_probes: SiteProbes, settings: Settings) -> None:
        self.close()
        self._site_probes = site_probes
        path, number = self._path, 1
        while path.exists():
            number += 1
            path = self._path.with_name(f"{self._path.stem}-{number}{self._path.suffix}")
        self._file = path.open("xb", buffering=0)
        self._file.write(header_line(site_probes, settings))
        _log.info("recording the judge's input events file=%s", path)
