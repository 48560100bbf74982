"""Feature keys as a module of Python."""

from collections.abc import Sequence

from gateway.codegen.catalogue import NamedKey
from gateway.codegen.texts import literal, one_line


def python(keys: Sequence[NamedKey]) -> str:
    """The module, for Python 3.11 and later: `FeatureKey`, `FEATURE_KEYS`."""
    if not keys:
        return _EMPTY_MODULE
    return "".join([_BEFORE, *map(_entry, keys), _AFTER])


def _entry(key: NamedKey) -> str:
    # With the colon, as Sphinx has it, no name is an instruction to a type checker.
    return f"    #: {one_line(key.name)}\n    {literal(key.lookup_key, wide=_WIDE)},\n"


_WIDE = "\\U{:08x}"


_BEFORE = '''\
"""Written by `admittance codegen keys --language python`. Changes made by hand are lost."""

from typing import Final, Literal, TypeAlias, get_args

FeatureKey: TypeAlias = Literal[
'''

_AFTER = '''\
]
"""The lookup key of a feature that is in the catalogue."""

FEATURE_KEYS: Final[frozenset[FeatureKey]] = frozenset(get_args(FeatureKey))
"""All of them: a text that is `in` it is one."""
'''

# There is no Literal of nothing.
_EMPTY_MODULE = '''\
"""Written by `admittance codegen keys --language python`. Changes made by hand are lost."""

from typing import Final, Never, TypeAlias

FeatureKey: TypeAlias = Never
"""The lookup key of a feature that is in the catalogue: there is none yet."""

FEATURE_KEYS: Final[frozenset[FeatureKey]] = frozenset()
"""All of them: a text that is `in` it is one."""
'''
