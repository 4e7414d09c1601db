"""
Saves what a process has executed twice a second: one that a test kills writes nothing at its end.

Python imports this when it starts if the folder is in ``PYTHONPATH``, where
``tools.module_coverage`` puts it.
"""

import atexit
import os
import sys
import threading

EVERY_S = 0.5

if "coverage" in sys.modules:  # only processes that measure themselves have imported it by now
    import coverage

    # A fork in the middle of saving would leave its locks held in the child, and an interpreter
    # that ends in the middle of it crashes.
    _saving = threading.Lock()
    _is_ending = threading.Event()

    def _save_again_and_again() -> None:
        while not _is_ending.wait(EVERY_S):
            with _saving:
                measurement = coverage.Coverage.current()
                if measurement is not None and not _is_ending.is_set():
                    measurement.save()

    def _start() -> None:
        threading.Thread(target=_save_again_and_again, daemon=True).start()

    def _go_on_in_child() -> None:
        _saving.release()
        _start()

    def _end() -> None:
        _is_ending.set()
        with _saving:
            pass

    os.register_at_fork(
        before=_saving.acquire, after_in_parent=_saving.release, after_in_child=_go_on_in_child
    )
    atexit.register(_end)
    _start()
