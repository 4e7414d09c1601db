"""
What the collector says of itself: names of metrics of its ``/metrics``, which Prometheus scrapes.

They are made in the collector, which this room does not import; a test holds each name and its
labels to a real collector's.
"""

PREFIX = "thongsuot_collector_"
JOB = "thongsuot-collector"
"""The name under which Prometheus scrapes the collector; the provisioning and the rules use it."""

PUSHES = f"{PREFIX}pushes_total"
RESULTS = f"{PREFIX}results_total"
BODY_BYTES = f"{PREFIX}body_bytes_total"
CLOCKS = f"{PREFIX}clocks_total"
PUSH_SECONDS = f"{PREFIX}push_seconds"
COMMIT_SECONDS = f"{PREFIX}journal_commit_seconds"
JOURNAL_BYTES = f"{PREFIX}journal_bytes"
JOURNAL_LIMIT = f"{PREFIX}journal_limit_bytes"
JOURNAL_OLDEST = f"{PREFIX}journal_oldest_timestamp_seconds"
LAG = f"{PREFIX}consumer_lag_entries"
LOST = f"{PREFIX}consumer_lost_entries"
SET_ASIDE = f"{PREFIX}set_aside_total"
TASK_FAILURES = f"{PREFIX}task_failures_total"
SINK_SAMPLES = f"{PREFIX}sink_samples_total"
SINK_DROPPED = f"{PREFIX}sink_dropped_samples_total"
SINK_REQUESTS = f"{PREFIX}sink_requests_total"
SITES = f"{PREFIX}sites"
AGENTS = f"{PREFIX}agents"
CERTIFICATE = f"{PREFIX}certificate_expiry_timestamp_seconds"
NOTIFY_ATTEMPTS = f"{PREFIX}notify_attempts_total"
NOTIFY_FAILING_SINCE = f"{PREFIX}notify_failing_since_timestamp_seconds"
NOTIFY_WAITING = f"{PREFIX}notify_waiting"
NOTIFY_UNREACHED = f"{PREFIX}notify_unreached"
