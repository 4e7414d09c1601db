"""Figures of regulations that boards draw as limits; each names the regulation (DOMAIN, QCVN)."""

from thongsuot_schema.metric import Thresholds

AVAILABILITY = Thresholds(bad=0.995, low_is_bad=True, source="QCVN 34:2022/BTTTT")
"""The least that the regulation asks of fixed access; contracts may ask for more."""

LATENCY = Thresholds(bad=0.05, source="QCVN 34:2022/BTTTT, QCVN 126:2021/BTTTT")
"""Mean latency of fixed access and of 5G, at most."""

DOWN_5G = Thresholds(bad=100e6, low_is_bad=True, source="QCVN 126:2021/BTTTT")
UP_5G = Thresholds(bad=30e6, low_is_bad=True, source="QCVN 126:2021/BTTTT")
"""Mean rates of 5G, at least."""

SAMPLE_5G = 30e6
"""Bits per second that a single download of 5G has to reach …"""
SAMPLES_5G = Thresholds(bad=0.95, low_is_bad=True, source="QCVN 126:2021/BTTTT")
"""… in at least so many of them."""

ENOUGH_SAMPLES = Thresholds(warn=1000.0, low_is_bad=True, source="QCVN 34:2022/BTTTT")
"""Below so many samples in each direction a mean rate says nothing by the regulation's method."""
