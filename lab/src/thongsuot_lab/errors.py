"""
What can go wrong with the lab itself.

    LabError
    ├── TopologyError      the description contradicts itself; the message names the node or wire
    ├── BuildError         the kernel refused a step; the message holds the command and its answer
    ├── CapabilityError    this machine cannot hold a lab; the message names what is missing
    ├── UnknownLabError    no lab runs under that prefix
    └── UnknownFaultError  no such fault, or an argument that it does not know

A network that misbehaves inside the lab is never one of these errors: that is what the lab is for.
"""


class LabError(Exception):
    """The lab itself failed."""


class TopologyError(LabError):
    """The description of the network contradicts itself."""


class BuildError(LabError):
    """The kernel, or a tool that configures it, refused a step."""


class CapabilityError(LabError):
    """This machine lacks something that every lab needs."""


class UnknownLabError(LabError):
    """No running lab has this prefix."""


class UnknownFaultError(LabError):
    """No fault has this name, or the fault does not accept such an argument."""
