"""The former names of tables and columns, for migrations and recovery."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FormerNames:
    """The former names of a table and its columns; ``columns`` from new to old."""

    table: str
    columns: dict[str, str] = field(default_factory=dict)


FORMER_NAMES = {
    "dead_letters": FormerNames("set_aside"),
    "deliveries": FormerNames("deliveries", {"number": "entry"}),
    "faults": FormerNames("troubles"),
    "incident_members": FormerNames("incident_members", {"fault": "trouble"}),
    "notification_threads": FormerNames("conversations"),
    "site_config_runs": FormerNames("site_plan_runs", {"is_accepting": "is_taking"}),
    "site_configs": FormerNames("site_plans"),
    "statements": FormerNames("statements", {"summary": "brief"}),
    "test_requests": FormerNames(
        "asks",
        {
            "refusal": "said",
            "results": "found",
            "requested_by": "asked_by",
            "requested_ns": "asked_ns",
        },
    ),
}
"""By the present name of the table."""
