"""ModemUnreadable: a source could not bring a reading, and why."""

from thongsuot_schema.reason import Reason


class ModemUnreadable(Exception):
    """
    There is no reading.

    ``reason`` says whether the modem failed to answer or could not be asked; ``detail`` names no
    secret and no identity.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")
