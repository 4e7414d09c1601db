"""
One module a rule that can open an incident; the module's name is the rule's code.

A module holds one ``RULE`` (``incidents.rule``).
"""

from importlib import import_module
from pkgutil import iter_modules

from thongsuot_collector.incidents.rule import GroupRule, Rule, SingleFaultRule


def codes() -> tuple[str, ...]:
    """Return the codes of all rules, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def load(code: str) -> Rule:
    """
    Return one rule by its code.

    Raises:
        KeyError: there is no such rule; the message lists those that there are.
    """
    if code not in codes():
        message = f"no rule {code!r}; known: {', '.join(codes())}"
        raise KeyError(message)
    found: object = import_module(f"{__name__}.{code}").RULE
    assert isinstance(found, SingleFaultRule | GroupRule), f"rules/{code}.py holds no RULE"
    assert found.code == code, f"rules/{code}.py holds the rule {found.code!r}"
    return found


def load_all() -> tuple[Rule, ...]:
    """Return all rules, in the order of their codes."""
    return tuple(load(code) for code in codes())
