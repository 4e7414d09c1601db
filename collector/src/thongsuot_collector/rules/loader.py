"""Loads rules: one module each in this package, named by the rule's code."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from thongsuot_collector import rules
from thongsuot_collector.incidents.rule import GroupRule, Rule, SingleFaultRule

_OWN_NAME = __name__.rpartition(".")[2]


def codes() -> tuple[str, ...]:
    """Return the codes of all rules, sorted."""
    return _codes_in(tuple(rules.__path__))


@cache
def _codes_in(folders: tuple[str, ...]) -> tuple[str, ...]:
    names = (module.name for module in iter_modules(folders))
    return tuple(sorted(name for name in names if name != _OWN_NAME))


def load(code: str) -> Rule:
    """
    Return one rule by its code.

    Raises:
        KeyError: there is no such rule; the message lists the known ones.
    """
    if code not in codes():
        message = f"no rule {code!r}; known: {', '.join(codes())}"
        raise KeyError(message)
    rule: object = import_module(f"{rules.__name__}.{code}").RULE
    assert isinstance(rule, SingleFaultRule | GroupRule), f"rules/{code}.py holds no RULE"
    assert rule.code == code, f"rules/{code}.py holds the rule {rule.code!r}"
    return rule


def load_all() -> tuple[Rule, ...]:
    """Return all rules, by descending precedence and then by code."""
    return tuple(sorted(map(load, codes()), key=lambda rule: (-rule.precedence, rule.code)))
