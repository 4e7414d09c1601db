"""How people sign in; defaults live here and nowhere else."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.inventory.model import StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]

DAY_S = 86_400.0


class SecondFactorPolicy(StrEnum):
    """Whether city engineers need a second factor; anybody with a password may have one."""

    OPTIONAL = "optional"
    REQUIRED = "required"


class SignInSettings(StrictStruct, frozen=True, kw_only=True):
    """
    How people sign in at the pages. Programs use tokens (``thongsuot-collector api-token``).

    ``second_factor`` says whether city engineers need an authenticator app: ``optional`` or
    ``required``. A session ends ``idle_s`` after somebody last did something, and in any case
    ``absolute_s`` after they signed in, the length of a shift; for those who only look
    ``viewer_absolute_s`` after it, and pages that renew themselves keep it alive, as on a screen on
    the wall.
    """

    second_factor: SecondFactorPolicy = SecondFactorPolicy.OPTIONAL
    idle_s: Positive = 7_200.0
    absolute_s: Positive = 43_200.0
    viewer_absolute_s: Positive = 30 * DAY_S
