"""
The quality of a telephone call over a path: the E-model, simplified.

Source: ITU-T G.107 with the reduction of Cole and Rosenbluth (2001): all parameters but delay and
loss at their defaults (R0 = 93.2), no echo, G.711 with packet loss concealment (Ie = 0, Bpl = 25.1,
ITU-T G.113 Appendix I), random loss (BurstR = 1). Codec delay is not included.
"""

_DEFAULT_RATING = 93.2
_ROBUSTNESS = 25.1
_FREE_DELAY_MS = 177.3


def rating(delay_s: float, loss_ratio: float) -> float:
    """
    Return the transmission rating R, 0 to 93.2, for a mouth-to-ear delay and a loss, one way.
    """
    delay_ms = delay_s * 1000
    late = max(0.0, delay_ms - _FREE_DELAY_MS)
    loss_percent = loss_ratio * 100
    impaired = 95.0 * loss_percent / (loss_percent + _ROBUSTNESS)
    return max(0.0, _DEFAULT_RATING - 0.024 * delay_ms - 0.11 * late - impaired)


def mean_opinion_score(rating: float) -> float:
    """Return the mean opinion score, 1 to 4.5, of a rating (ITU-T G.107, Annex B)."""
    if rating >= 100:
        return 4.5
    score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
    return min(4.5, max(1.0, score))  # for small ratings the polynomial falls below 1
