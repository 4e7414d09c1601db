"""
The page of the public Python modules: signatures and docstrings.

Read from the source, not from the running code, so that names appear as they are written. Names
with a leading underscore are omitted.
"""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PUBLIC = {
    "What everything speaks of": (
        "thongsuot_schema.metric",
        "thongsuot_schema.result",
        "thongsuot_schema.outcome",
        "thongsuot_schema.reason",
        "thongsuot_schema.segment",
        "thongsuot_schema.state",
        "thongsuot_schema.verdict",
        "thongsuot_schema.inventory.contract_terms",
        "thongsuot_schema.inventory.fields",
        "thongsuot_schema.inventory.model",
    ),
    "To write a probe": (
        "thongsuot_agent.probing.contract",
        "thongsuot_agent.probing.addresses",
        "thongsuot_agent.links.link",
    ),
    "To write a sink": (
        "thongsuot_collector.sinks.contract",
        "thongsuot_collector.sinks.delivery.retry",
        "thongsuot_collector.sinks.delivery.bisection",
        "thongsuot_collector.sinks.delivery.http_status",
    ),
    "To write a channel": (
        "thongsuot_collector.notify.contract",
        "thongsuot_collector.notify.message",
        "thongsuot_collector.notify.settings",
    ),
    "To write an incident rule": (
        "thongsuot_collector.incidents.rule",
        "thongsuot_collector.incidents.fault",
        "thongsuot_collector.incidents.network_state",
    ),
    "To write a board": (
        "thongsuot_dashboards.query",
        "thongsuot_dashboards.panels.board",
        "thongsuot_dashboards.text",
        "thongsuot_dashboards.variables",
    ),
    "To play with the lab": (
        "thongsuot_lab.lab",
        "thongsuot_lab.node",
        "thongsuot_lab.fault_scope",
        "thongsuot_lab.testing",
        "thongsuot_lab.topology.model",
    ),
}
"""The modules that the how-to pages of extensions import from, by what is written with them."""

_HEAD = """\
# Python modules

Made from the sources by `./run reference`; do not edit. What a probe, a sink, a channel, a rule, a
board or a script of the lab imports, with its signatures. Other modules may change with any
release; a change of these has an entry in the changelog. How each is used:
[add a probe](../how-to/add-a-probe.md), [a sink](../how-to/add-a-sink.md),
[a channel](../how-to/add-a-channel.md), [a rule](../how-to/add-an-incident-rule.md),
[a board](../how-to/add-a-board.md), [a fault of the lab](../how-to/add-a-lab-fault.md).
"""

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def source_of(module: str, root: Path = ROOT) -> Path:
    """Return the file of a module; the room is the part after the first underscore."""
    package, _, rest = module.partition(".")
    room = package.removeprefix("thongsuot_")
    return root / room / "src" / package / f"{rest.replace('.', '/')}.py"


def python_page() -> str:
    """Return the page."""
    lines = [_HEAD]
    for title, modules in PUBLIC.items():
        lines.append(f"## {title}\n")
        for module in modules:
            text = source_of(module).read_text(encoding="utf-8")
            lines.append(f"### `{module}`\n")
            lines += module_lines(text)
    return "\n".join(lines).rstrip("\n") + "\n"


def module_lines(text: str) -> Iterator[str]:
    """Yield the lines about a module: its docstring, then each public name in order."""
    tree = ast.parse(text)
    yield from _paragraphs(ast.get_docstring(tree), "")
    for node, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, _Definition) and _is_public(node.name):
            yield from _definition_lines(node)
        elif (name := _assigned(node)) and _is_public(name):
            yield f"- `{_short(ast.unparse(node))}`"
            yield from _paragraphs(_text_of(following), "  ")


def _definition_lines(node: _Definition) -> Iterator[str]:
    if not isinstance(node, ast.ClassDef):
        yield f"- `{_signature(node)}`"
        yield from _paragraphs(ast.get_docstring(node), "  ")
        return
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    yield f"- `class {node.name}{f'({bases})' if bases else ''}`"
    yield from _paragraphs(ast.get_docstring(node), "  ")
    for member, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            if _is_public(member.name):
                yield f"  - `{_signature(member)}`"
                yield from _paragraphs(ast.get_docstring(member), "    ")
        elif (name := _assigned(member)) and _is_public(name):
            yield f"  - `{_short(ast.unparse(member))}`"
            yield from _paragraphs(_text_of(following), "    ")


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    is_property = any(ast.unparse(mark) == "property" for mark in node.decorator_list)
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    if is_property:
        return f"{node.name}{returned.replace(' ->', ':')}"
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{word} {node.name}({ast.unparse(node.args)}){returned}"


def _assigned(node: ast.stmt) -> str:
    """Return the name to which a statement assigns a value or a type, empty for all others."""
    target: ast.expr | None = None
    if isinstance(node, ast.AnnAssign):
        target = node.target
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _text_of(node: ast.stmt | None) -> str | None:
    """Return the docstring that follows a name."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        value = node.value.value
        return textwrap.dedent(value).strip() if isinstance(value, str) else None
    return None


def _short(code: str) -> str:
    """Return a name with its type and value; a long value is left out."""
    line = " ".join(code.split())
    return line if len(line) <= 100 else f"{line.partition(' = ')[0]} = …"


def _paragraphs(docstring: str | None, indent: str) -> Iterator[str]:
    """Yield a docstring as text below an item; its indented lines stay together as code."""
    if not docstring:
        yield ""
        return
    yield ""
    for paragraph in docstring.split("\n\n"):
        if any(line.startswith(" ") for line in paragraph.splitlines()):
            yield f"{indent}```text"
            yield textwrap.indent(textwrap.dedent(paragraph), indent)
            yield f"{indent}```"
        else:
            yield textwrap.indent(paragraph.replace("``", "`"), indent)
        yield ""


def _is_public(name: str) -> bool:
    return not name.startswith("_")
