"""What goes wrong in the recording, for how long, and what the boxes of the site say meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingScene:
    """
    A fault of the lab with its arguments; empty: only boxes change.

    ``boxes`` are (site, box): the state that the box is in meanwhile. It lasts ``length_s``, and
    the next begins ``rest_s`` after its end.
    """

    title: str
    length_s: float
    rest_s: float
    fault: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    boxes: Mapping[tuple[str, str], str] = field(default_factory=dict)


POWER_CUT = "power-cut"

CALM_S = 90.0
"""Before the first scene, so that what is usual is known; and after the last."""

SCENES = (
    RecordingScene(
        title="A digger cuts the fibre of s1",
        fault="cut-fibre",
        arguments={"site": "s1"},
        boxes={("s1", "ont"): "dark"},
        length_s=120,
        rest_s=50,
    ),
    RecordingScene(
        title="Carrier Cửu Long fails as a whole: the 5G of s1 and the fibre of s2",
        fault="carrier-outage",
        arguments={"carrier": "cuu-long"},
        length_s=80,
        rest_s=50,
    ),
    RecordingScene(
        title="The portal Cổng dịch vụ công answers with errors",
        fault="portal-error",
        arguments={"portal": "dichvucong"},
        length_s=80,
        rest_s=30,
    ),
    RecordingScene(
        title="The 5G of s4 fades",
        fault="loss",
        arguments={"site": "s4", "link": "mobile"},
        boxes={("s4", "cpe"): "fading"},
        length_s=100,
        rest_s=40,
    ),
    RecordingScene(
        title="Sông Hồng reaches the world by a longer way; the mains fail at s2, its UPS holds",
        fault="route-change",
        arguments={"carrier": "song-hong"},
        boxes={("s2", "client"): "battery"},
        length_s=100,
        rest_s=20,
    ),
    RecordingScene(
        title="Someone at s2 pulls the network cable",
        fault="pull-cable",
        arguments={"site": "s2"},
        length_s=80,
        rest_s=50,
    ),
    RecordingScene(
        title="The power goes at s3",
        fault=POWER_CUT,
        arguments={"site": "s3"},
        length_s=80,
        rest_s=0,
    ),
)
