"""Fields of the judge's memory start with nothing counted, believed or remembered."""

import inspect

import msgspec
import pytest

from thongsuot_agent.judge import loss_memory, memory, new_flow_memory
from thongsuot_agent.judge.memory import ServiceComparison, Track

STRUCTS = [
    struct
    for module in (memory, loss_memory, new_flow_memory)
    for _, struct in inspect.getmembers(module, inspect.isclass)
    if issubclass(struct, msgspec.Struct) and struct.__module__ == module.__name__
]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_fields_of_new_memory_default_to_nothing(struct: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(struct):
        if field.default is msgspec.NODEFAULT:
            continue
        if (struct, field.name) in {(Track, "recent"), (ServiceComparison, "times_probed")}:
            # The 1 that leads the latest runs; a comparison is made by asking.
            assert field.default == 1
        else:
            assert field.default in (None, 0, False, "", ()), field.name
