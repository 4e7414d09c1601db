"""Texts from others cannot start a log line of their own."""

import io
import logging
import subprocess
import sys

from thongsuot_runtime.log_lines import OneLineFormatter

RECORDED = "site configuration site=%s rejected: %s"


def line_of(*, text: str, error: BaseException | None = None) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter("%(levelname)s %(message)s"))
    exc_info = None if error is None else (type(error), error, None)
    handler.handle(
        logging.LogRecord("any", logging.INFO, "any", 1, RECORDED, ("s1", text), exc_info)
    )
    return stream.getvalue()


def test_a_text_with_line_feeds_and_turned_writing_stays_on_one_line() -> None:
    line = line_of(text="7\nERROR all is lost\r\x1b[2J\u202e")
    assert line == (
        "INFO site configuration site=s1 rejected: 7\\nERROR all is lost\\r\\x1b[2J\\u202e\n"
    )


def test_words_of_any_language_and_tracebacks_stay_as_they_are() -> None:
    text = line_of(text="Trần Thị Lan", error=ValueError("two\nlines"))
    assert text.splitlines() == [
        "INFO site configuration site=s1 rejected: Trần Thị Lan",
        "ValueError: two",
        "lines",
    ]


def test_records_from_the_set_level_on_are_written_one_to_a_line() -> None:
    program = """
import logging, sys
from thongsuot_runtime.log_lines import log_to
log_to(sys.stderr, level=logging.WARNING, line_format="%(levelname)s %(message)s")
logging.getLogger("any").info("too little")
logging.getLogger("any").warning("two\\nlines")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == "WARNING two\\nlines\n"


def test_a_process_that_can_open_no_more_files_still_logs_what_others_have_said() -> None:
    program = (
        "import logging, resource, sys\n"
        "from thongsuot_runtime.log_lines import log_to\n"
        "log_to(sys.stderr, level='INFO', line_format='%(message)s')\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n"
        "logging.warning('no more files\\nnor lines \\x1b[2J \\u202e')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stderr == "no more files\\nnor lines \\x1b[2J \\u202e\n"
