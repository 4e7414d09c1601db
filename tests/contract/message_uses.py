"""Where code names the messages of catalogues, and what it fills their places with."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Message
from tools import catalogues

from tests.contract.house import ROOMS, Module, modules

TEXTS = ("Text", "CountedText")
"""The classes that name a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A place where code names a message; ``values`` is what it fills there, ``None``: later."""

    place: str
    message: str
    is_counted: bool
    values: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that a module keeps under a name."""

    module: str
    name: str


def texts_of(module: Module) -> Iterator[ast.Call]:
    """Yield each call that names a message."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEXTS:
            yield node


def _message(call: ast.Call) -> str:
    """Return the name of a message; empty where it is not written out."""
    name = call.args[0] if call.args else None
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""


def _place(module: Module, node: ast.expr) -> str:
    return f"{module.name}:{node.lineno}"


def _keywords(call: ast.Call) -> frozenset[str] | None:
    """Return the names of what a call gives; ``None`` where some is given by ``**``."""
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name.lower() for name in names if name)


def _constants(module: Module) -> dict[Constant, ast.Call]:
    """Return the texts that a module keeps as constants of their own."""
    constants = {}
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            is_text = isinstance(node.value.func, ast.Name) and node.value.func.id in TEXTS
            if is_text and isinstance(target, ast.Name):
                constants[Constant(module.name, target.id)] = node.value
    return constants


def _imported(module: Module) -> dict[str, str]:
    """Return what each imported name stands for, in full."""
    names = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _resolved(node: ast.expr, module: Module, imported: dict[str, str]) -> Constant | None:
    """Return the constant that an expression is: ``NAME`` or ``labels.NAME``."""
    if isinstance(node, ast.Name):
        full = imported.get(node.id, f"{module.name}.{node.id}")
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        full = f"{imported.get(node.value.id, '')}.{node.attr}"
    else:
        return None
    owner, _, name = full.rpartition(".")
    return Constant(owner, name)


@cache
def uses(root: Path) -> list[Use]:
    """
    Return where messages are named, and where a text that is known is read, with what it is given.

    A text inside a table or a sentence is read by whoever holds it; what that is given is not known
    here, and the tests of what is said fill it.
    """
    known = [
        module
        for module in modules(root, ROOMS)
        if "Text(" in module.text or ".read(" in module.text
    ]
    constants = {name: call for module in known for name, call in _constants(module).items()}
    uses: list[Use] = []
    for module in known:
        imported = _imported(module)
        texts, held = set(texts_of(module)), set(_constants(module).values())
        inside, read = _inside_functions(module), set()
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr != "read":
                continue
            text = node.func.value
            if isinstance(text, ast.Call) and text in texts:
                read.add(text)
                call = text
            else:
                constant = _resolved(text, module, imported)
                if constant not in constants:
                    continue
                call = constants[constant]
            uses.append(_use(module, node, call, _joined(call, node)))
        uses += [
            _use(module, call, call, _keywords(call) if call in inside else None)
            for call in texts - held - read
        ]
        uses += [_use(module, call, call, None) for call in held]
    return uses


def _joined(text: ast.Call, read: ast.Call) -> frozenset[str] | None:
    own, more = _keywords(text), _keywords(read)
    return None if own is None or more is None else own | more


def _inside_functions(module: Module) -> set[ast.AST]:
    """Return what stands in a function; other texts are of a table or a sentence of the module."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return {
        inner
        for node in ast.walk(module.tree)
        if isinstance(node, functions)
        for inner in ast.walk(node)
    }


def _use(module: Module, place: ast.expr, call: ast.Call, values: frozenset[str] | None) -> Use:
    is_counted = isinstance(call.func, ast.Name) and call.func.id == "CountedText"
    return Use(
        place=_place(module, place),
        message=_message(call),
        is_counted=is_counted,
        values=values,
    )


def references(root: Path) -> dict[str, Message]:
    """
    Return the messages of all references, by the name that code uses.

    Those that are asked for by their English are named by no code.
    """
    return {
        f"{room}.{path.stem}.{message.context}": message
        for room in catalogues.ROOMS
        for path in catalogues.locales(room, root).glob("*.pot")
        if path.stem not in catalogues.BY_ENGLISH
        for message in catalogues.messages(catalogues.read(path))
    }


def mistakes(root: Path) -> Iterator[str]:
    """Yield where code and the references do not fit."""
    known, named = references(root), set()
    for use in uses(root):
        named.add(use.message)
        message = known.get(use.message)
        if message is None:
            yield f"{use.place}: there is no message {use.message or '(a name that is computed)'}"
            continue
        if use.is_counted != message.pluralizable:
            kind = "counted" if message.pluralizable else "not counted"
            yield f"{use.place}: {use.message} is {kind}"
        expected = frozenset[str]().union(*map(catalogues.places, catalogues.originals(message)))
        values = use.values
        if values is not None and values - {"count"} != expected - {"count"}:
            yield f"{use.place}: {use.message} has {sorted(expected)}, given {sorted(values)}"
    yield from (f"nothing says {name}" for name in sorted(known.keys() - named))
