"""
Compiles what the resident agent loads, for the interpreter's present options.

The agent's unit runs without docstrings (``-OO``): 39.8 MiB resident with them, 37.8 without
(2026-12, Python 3.13). The service itself may not write below ``/usr``, and Debian compiles the
standard library only with them. Run by the package: ``python3 -m thongsuot_agent.cli.bytecode``.
"""

from thongsuot_agent import memory

memory.block_imports()  # as the agent does: it does not load them

import compileall  # noqa: E402
import importlib.util  # noqa: E402
import sys  # noqa: E402

_OWN = ("thongsuot_agent", "thongsuot_runtime", "thongsuot_schema")


def compile_all() -> None:
    """Compile our packages whole, and what they import of others by importing it."""
    sys.dont_write_bytecode = False
    importlib.import_module("thongsuot_agent.cli.run")
    for name in _OWN:
        package = importlib.util.find_spec(name)
        assert package is not None
        for folder in package.submodule_search_locations or ():
            compileall.compile_dir(folder, quiet=1)


if __name__ == "__main__":
    compile_all()
