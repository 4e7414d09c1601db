"""Every row of the matrix is one that can be played: its faults exist, with these arguments."""

from thongsuot_lab.fault_loader import load_fault
from thongsuot_lab.matrix.all_rows import NOT_PLAYED, ROWS, SHAPE_ROWS, SHAPES_NOT_PLAYED
from thongsuot_lab.matrix.injections import LabFaults, Staged
from thongsuot_lab.matrix.row import Injection

WORDS = {"site": "p1", "carrier": "viettel", "portal": "dichvucong"}
EVERY_ROW = (*ROWS, *SHAPE_ROWS)


def lab_faults(injection: Injection) -> list[LabFaults]:
    match injection:
        case LabFaults():
            return [injection]
        case Staged():
            return [fault for _, step in injection.steps for fault in lab_faults(step)]
        case _:
            return []


def test_the_lab_has_the_faults_of_every_row_with_these_arguments() -> None:
    for injected in (fault for row in EVERY_ROW for fault in lab_faults(row.injection)):
        for name, arguments in injected.faults:
            filled = {
                word: value.format(**WORDS) if isinstance(value, str) else value
                for word, value in arguments.items()
            }
            load_fault(name).arguments(filled)


def test_every_row_has_a_name_of_its_own_for_its_shape_and_none_is_one_that_cannot_be_played() -> (
    None
):
    named = [(row.shape, row.name) for row in EVERY_ROW]
    assert len(set(named)) == len(named)
    assert not {name for _, name in named} & {*NOT_PLAYED, *SHAPES_NOT_PLAYED}
