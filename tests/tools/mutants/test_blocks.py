"""Blocks: a change shows only where its block is executed, or one that reads a constant."""

import ast
from pathlib import Path

from tools.mutants.blocks import block_by_line, deciding_blocks, names_of_others

SOURCE = '''\
"""A module."""
_NEAR_M = 1
_FAR_M = 2
_FURTHER_M = _FAR_M + 1
WIDE_M = 3


def is_far(distance_m, limit_m=4):
    """Return something."""
    limit_m += 1
    if distance_m < _NEAR_M:
        return False
    elif distance_m == 5:
        limit_m += 2
    for _ in range(limit_m):
        distance_m += 1
    try:
        return distance_m / _FURTHER_M
    except ZeroDivisionError:
        return _FAR_M

    def never():
        """Return nothing."""
        return 6
'''


def test_a_block_ends_where_what_follows_may_be_passed_by() -> None:
    blocks = block_by_line(ast.parse(SOURCE))
    assert blocks[10] == blocks[11] == 10, "up to the condition"
    assert blocks[12] == 12, "the branch that leaves"
    assert blocks[13] == 13, "a further condition is reached by those alone that did not leave"
    assert blocks[14] == 14
    assert blocks[15] == 15, "what follows a branch that leaves"
    assert blocks[16] == 16, "a loop may run no times"
    assert blocks[17] == blocks[15], "but what follows it is executed all the same"
    assert blocks[18] == 18
    assert blocks[19] == blocks[17], "which exception is caught is asked without the handler's body"
    assert blocks[20] == 20
    assert not {2, 3, 4, 5, 8, 9} & blocks.keys(), "constants, defaults and docstrings are in none"


def test_a_constant_shows_where_it_is_read_unless_the_import_or_others_read_it() -> None:
    tree = ast.parse(SOURCE)
    blocks = deciding_blocks(tree, set())
    assert blocks[2] == (10,)
    assert 3 not in blocks, "another constant is made from it"
    assert blocks[4] == (18,)
    assert 5 not in blocks, "it is public"
    assert 2 not in deciding_blocks(tree, {"_NEAR_M"})


def test_names_that_others_take_from_a_module_are_found_however_they_name_them(
    tmp_path: Path,
) -> None:
    file = tmp_path / "other.py"
    file.write_text('from far import _A\nprint(far._B, wide)\nset_it("far.road._C", _D)\n')
    assert names_of_others([file]) == {"_A", "_B", "_C"}
