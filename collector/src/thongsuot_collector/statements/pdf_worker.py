"""
PDF worker: a process that prints one statement. An issue (msgpack) comes in by its standard input,
the PDF goes out by its standard output.

Typst takes 65 to 200 MiB while it works: nothing for a process that takes pushes.
"""

import sys

import msgspec

from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.statements.pdf import render


def main() -> None:
    """Print what comes in."""
    issue = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=IssuedStatement)
    sys.stdout.buffer.write(render(issue))


if __name__ == "__main__":
    main()
