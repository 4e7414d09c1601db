"""
Blocks of a module: runs of statements that are all executed if the first one is.

Execution is recorded by block, so that for a changed function only tests are run that reach the
change: few of them if it comes after an early return (2026-12).
"""

import ast
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def blocks_in(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], int, int]]:
    """
    Yield the blocks inside functions, outer before inner ones.

    Each as the list of statements that contains it, with the indexes of its beginning and end.
    """
    for function in _functions_in(tree):
        is_documented = ast.get_docstring(function, clean=False) is not None
        yield from _blocks_of(function.body, int(is_documented))


def block_by_line(tree: ast.Module) -> dict[int, int]:
    """Return the line of the block's first statement for each line inside a block."""
    blocks: dict[int, int] = {}
    for body, begin, end in blocks_in(tree):
        for statement in body[begin:end]:
            first = min(
                (each.lineno for each in getattr(statement, "decorator_list", ())),
                default=statement.lineno,
            )
            lines = range(first, (statement.end_lineno or first) + 1)
            blocks.update(dict.fromkeys(lines, body[begin].lineno))
    return blocks


def deciding_blocks(
    tree: ast.Module, named_elsewhere: Container[str]
) -> dict[int, tuple[int, ...]]:
    """
    Return by line the blocks of which one must be executed before a change of the line has an
    effect.

    For a constant that only this module can read, these are the blocks that read it. A line that is
    missing may have an effect without any block: it is executed by the import.
    """
    of_line = block_by_line(tree)
    blocks: dict[int, tuple[int, ...]] = {line: (block,) for line, block in of_line.items()}
    readers: defaultdict[str, set[int]] = defaultdict(set)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            readers[node.id].add(of_line.get(node.lineno, 0))
    for statement in tree.body:
        name = private_constant(statement)
        if name and name not in named_elsewhere and readers[name] and 0 not in readers[name]:
            lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
            blocks.update(dict.fromkeys(lines, tuple(sorted(readers[name]))))
    return blocks


def names_of_others(files: Iterable[Path]) -> set[str]:
    """Return all private names that files read from a module or an object, or contain in a text."""
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.alias):
                names.add(node.name)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value.rpartition(".")[2])
    return {name for name in names if name.startswith("_")}


def private_constant(statement: ast.stmt) -> str:
    """Return the private name that a module-level statement sets, if it sets one."""
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AnnAssign)
        else []
    )
    if len(targets) == 1 and isinstance(target := targets[0], ast.Name):
        return target.id if target.id.startswith("_") else ""
    return ""


def _functions_in(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """
    Yield functions that are not nested in another one; a class in a function is part of that
    function.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _functions_in(child)


def _blocks_of(body: list[ast.stmt], begin: int) -> Iterator[tuple[list[ast.stmt], int, int]]:
    ends = [
        place + 1
        for place, statement in enumerate(body[begin:], start=begin)
        if _may_leave(statement) or place + 1 == len(body)
    ]
    for first, end in zip([begin, *ends], ends, strict=False):
        yield body, first, end
        for statement in body[first:end]:
            for inner in _bodies_of(statement):
                is_documented = (
                    isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                    and ast.get_docstring(statement, clean=False) is not None
                )
                if len(inner) > int(is_documented):
                    yield from _blocks_of(inner, int(is_documented))


def _bodies_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for part in ("body", "orelse", "finalbody"):
        inner: list[ast.stmt] = getattr(statement, part, [])
        if inner:
            yield inner
    branches: Sequence[ast.ExceptHandler | ast.match_case] = [
        *getattr(statement, "handlers", ()),
        *getattr(statement, "cases", ()),
    ]
    for branch in branches:
        yield branch.body


def _may_leave(statement: ast.stmt) -> bool:
    """Return whether the statements after this one may be skipped, other than by an exception."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return isinstance(statement, _LEAVING) or any(
        _may_leave(inner) for body in _bodies_of(statement) for inner in body
    )
