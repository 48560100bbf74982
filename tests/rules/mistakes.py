"""The rule with a mistake in it: what a test of the rule has to notice."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from entitlements.facts import CustomerFacts, ProductFeature
from entitlements.runs import Timeline

Rule = Callable[[CustomerFacts, Sequence[ProductFeature]], Timeline]

RULE = ("entitlements.periods", "entitlements.status", "entitlements.snapshots", "entitlements.timeline")
"""The modules that decide, each after those it imports. Facts and runs are shared with the rule as it is."""


@dataclass(frozen=True)
class Mistake:
    """A fragment of a module's source, and what stands there by mistake."""

    name: str
    module: str
    right: str
    wrong: str


def rule_with(*mistakes: Mistake) -> Rule:
    """The rule made anew from its source, with mistakes; the one everybody else imports stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        for name in RULE:
            patch.setitem(sys.modules, name, _made_anew(name, mistakes, patch))
        rule: Rule = sys.modules[RULE[-1]].__dict__["timeline"]
    return rule


class _Source(InspectLoader):
    """Loads a module from a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, fullname: str) -> str:
        return self.text


def _made_anew(name: str, mistakes: Sequence[Mistake], patch: pytest.MonkeyPatch) -> ModuleType:
    source = Path(str(import_module(name).__file__)).read_text(encoding="utf-8")
    for mistake in mistakes:
        if mistake.module == name:
            # A fragment that isn't there any more seeds nothing: the test would pass for no reason.
            assert source.count(mistake.right) == 1, f"{mistake.name}: its fragment is not in {name} exactly once"
            source = source.replace(mistake.right, mistake.wrong)
    loader = _Source(source)
    spec = spec_from_loader(name, loader)
    assert spec
    module = module_from_spec(spec)
    # Dataclasses look their own module up while they are made.
    patch.setitem(sys.modules, name, module)
    loader.exec_module(module)
    return module
