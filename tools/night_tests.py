"""Tests that run nightly, or play more then than for every change."""

SIMULATED = ("tests/agent/judge", "tests/lab_room/truth", "tests/collector/incidents/test_storm.py")
SIMULATED_AT_NIGHT = (
    *(
        f"tests/agent/judge/matrix/test_{rows}.py"
        for rows in ["access", "carrier", "equipment", "hasty", "lan", "near_before_far", "service"]
    ),
    "tests/agent/judge/test_history.py",
    "tests/lab_room/truth/test_principles.py",
    "tests/lab_room/truth/test_witnesses.py",
    "tests/collector/incidents/test_storm.py",
)
"""
Simulated hours and days of the judge and of incidents, 200 s of CPU (2026-12), that run nightly
with all their seeds, not for every change: the judge's direct tests alone notice nine of ten small
changes (CONTRIBUTING), and simulated sites of each principle run for every change with one seed.
"""

LONGER_AT_NIGHT = ("tests/integration/test_history.py", "tests/lab/test_notification_delivery.py")
"""Tests that play a part of their faults for every change, and all of them nightly."""
