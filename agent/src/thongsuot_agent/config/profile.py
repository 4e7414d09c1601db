"""What is measured when the configuration does not say: the default profile and targets."""

from thongsuot_agent.config.model import AgentConfig
from thongsuot_schema.inventory.model import ProbePlan, Role, Target
from thongsuot_schema.segment import Segment

PROBES: tuple[ProbePlan, ...] = (
    ProbePlan(kind="icmp", every_s=5.0, metered_every_s=15.0),
    ProbePlan(kind="dns", every_s=30.0, metered_every_s=120.0),
    ProbePlan(kind="http", every_s=60.0, metered_every_s=300.0),
    ProbePlan(kind="host", every_s=15.0),
    ProbePlan(kind="path", every_s=300.0, metered_every_s=3600.0),
)
"""
One failed run makes the judge wish for a confirming burst, so slow intervals still find a fault in
seconds: anchors alternate, with four of them one is asked every 1.25 s. The ways to the anchors are
also looked at whenever a verdict changes.
"""

TARGETS: tuple[Target, ...] = (
    Target(
        name="gateway",
        role=Role.ANCHOR,
        segment=Segment.LAN,
        addresses=("gateway",),
        title_vi="Bộ định tuyến",
        title_en="Router",
    ),
    Target(
        name="first_hop",
        role=Role.ANCHOR,
        segment=Segment.ACCESS,
        addresses=("first-hop",),
        title_vi="Chặng đầu của nhà mạng",
        title_en="The carrier's first router",
    ),
    Target(
        name="resolver",
        role=Role.ANCHOR,
        segment=Segment.CARRIER,
        addresses=("resolver",),
        title_vi="Máy chủ tên miền",
        title_en="Name server",
        lookup="dichvucong.gov.vn",
    ),
)
"""What every link has by itself."""


def probes_of(config: AgentConfig) -> tuple[ProbePlan, ...]:
    """Return the plans that a configuration stands for."""
    return config.probes or PROBES


def targets_of(config: AgentConfig) -> tuple[Target, ...]:
    """Return the targets that a configuration stands for."""
    return config.targets or TARGETS
