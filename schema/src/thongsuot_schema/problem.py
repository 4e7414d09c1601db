"""Problem: a fault that somebody at a point can report although no page shows it."""

from enum import StrEnum


class ProblemKind(StrEnum):
    """A closed list: a choice by one press, with nothing that could name a person."""

    PAGE_FAILS = "page_fails"
    """A page of a service does not open, or shows an error."""

    SLOW = "slow"
    """The network or a page is very slow."""

    DROPS = "drops"
    """The connection comes and goes."""

    ONE_COMPUTER = "one_computer"
    """Only one computer reaches nothing."""

    OTHER = "other"
