"""Figures of regulations that boards draw as limits; each names the regulation (DOMAIN, QCVN)."""

from thongsuot_schema.metric import Thresholds

AVAILABILITY = Thresholds(bad=0.995, low_is_bad=True, source="QCVN 34:2022/BTTTT")
"""The minimum that the regulation requires of fixed access; contracts may require more."""

LATENCY = Thresholds(bad=0.05, source="QCVN 34:2022/BTTTT, QCVN 126:2021/BTTTT")
"""Maximum mean latency of fixed access and of 5G."""

DOWN_5G = Thresholds(bad=100e6, low_is_bad=True, source="QCVN 126:2021/BTTTT")
UP_5G = Thresholds(bad=30e6, low_is_bad=True, source="QCVN 126:2021/BTTTT")
"""Minimum mean rates of 5G."""

SAMPLE_5G = 30e6
"""Bits per second that a single 5G download must reach …"""
SAMPLES_5G = Thresholds(bad=0.95, low_is_bad=True, source="QCVN 126:2021/BTTTT")
"""… in at least this share of them."""

ENOUGH_SAMPLES = Thresholds(warn=1000.0, low_is_bad=True, source="QCVN 34:2022/BTTTT")
"""With fewer samples in each direction, a mean rate says nothing by the regulation's method."""
