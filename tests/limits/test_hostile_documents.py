"""Documents that were written to hurt: each is refused, or found good, in a time that nobody notices."""

import gc
import json
import time
from collections.abc import Iterator

import pytest
from graphql import get_introspection_query

from gateway.preparing.limits import Limits
from gateway.preparing.preparation import Preparation
from tests.limits.documents import CORE, codes, prepare, prepare_trusted
from tests.processor import timed

ALLOWED_SECONDS = 0.05
ATTEMPTS = 100
"""The best of them counts, in time of the processor: the machine has other things to do."""


def _doubling(on: str, spread: str, depth: int = 60) -> str:
    fragments = "".join(f"fragment F{i} on {on} {{ {spread.replace('...F', f'...F{i + 1}')} }}" for i in range(depth))
    return f"{{ viewer {{ customer {{ ...F0 }} }} }} {fragments} fragment F{depth} on {on} {{ id }}"


def _nested(opening: str, depth: int) -> str:
    return f"{opening * depth} id {'} ' * opening.count('{') * depth}"


def _each(template: str, count: int) -> str:
    return " ".join(template.replace("#", str(number)) for number in range(count))


REFUSED = {
    "3,000 overlapping fields": f"{{ viewer {{ {'livemode ' * 3_000} }} }}",
    "3,000 overlapping fields in inline fragments": f"{{ viewer {{ {'... { id } ' * 1_100} }} }}",
    "500 duplicated fields": f"{{ {'__typename ' * 500} }}",
    "fields that overlap in pairs of pairs": f"{{ {('viewer { ' + 'id ' * 18 + '} ') * 30} }}",
    "fragments that overlap": f"{{ viewer {{ {_each('...F#', 49)} }} }}"
    + _each("fragment F# on Viewer { id kind livemode scopes customer { id } }", 49),
    "fragments that spread all others": "{ viewer { ...F0 } }"
    + " ".join(
        f"fragment F{i} on Viewer {{ {' '.join(f'...F{j}' for j in range(33) if j > i)} id }}" for i in range(33)
    ),
    "101 aliases": f"{{ {_each('a#: __typename', 101)} }}",
    "10,000 aliases": f"{{ {_each('a#: __typename', 10_000)} }}",
    "10,000 directives": f"{{ viewer {{ id {'@a' * 10_000} }} }}",
    "500 repeated directives": f"{{ viewer {{ id {'@include(if: true) ' * 500} }} }}",
    "10 directives there aren't": f"{{ viewer {{ id {'@aa' * 10} }} }}",
    "10,000 variables": f"query({_each('$v#: Int', 10_000)}) {{ viewer {{ id }} }}",
    "99 unused variables": f"query({_each('$v#: Int', 99)}) {{ viewer {{ id }} }}",
    "5,000 operations": _each("query Q# { viewer { id } }", 5_000),
    "500 fragments": "{ viewer { id } }" + _each("fragment F# on Viewer { id }", 500),
    "99 unused fragments": "{ viewer { id } }" + _each("fragment F# on Viewer { id }", 99),
    "1 MB of tokens": "{ viewer { id } }" + "{" * 1_000_000,
    "90 kB of tokens": f"{{ nodes(ids: [{'1 ' * 45_000}]) {{ id }} }}",
    "1 MB of comments": "{ viewer { id } }" + "#\n" * 500_000,
    "90 kB of comments": "{ viewer { id } }" + "#\n" * 45_000,
    "1 MB of one comment": "{ viewer { id } } #" + "x" * 1_000_000,
    "250 kB of one string": f'{{ node(id: "{"x" * 250_000}") {{ id }} }}',
    "a number of 100,000 digits": f"{{ customers(first: {'9' * 99_900}) {{ totalCount }} }}",
    "a number of 4,301 digits": f"{{ customers(first: {'9' * 4_301}) {{ totalCount }} }}",
    "a fraction of 90,000 digits": f"{{ customers(first: 1.{'9' * 90_000}) {{ totalCount }} }}",
    "a name of 99 kB": f"{{ {'x' * 99_000} }}",
    "a type of 99 kB": f"{{ ... on {'X' * 99_000} {{ id }} }}",
    "an enum value of 99 kB": f"{{ customer(by: {{id: 1}}) {{ subscriptions(status: {'X' * 99_000}) {{ a }} }} }}",
    "an instant of 99 kB": f'{{ viewer {{ customer {{ hasAccess(lookupKey: "a", at: "{"1" * 99_000}") }} }} }}',
    "an argument of 99 kB": f"{{ viewer({'x' * 99_000}: 1) {{ id }} }}",
    "long names one after the other": f"{{ viewer {{ {_each('x' * 150 + '#', 600)} }} }}",
    "names that want a suggestion": f"{{ {_each('custome#', 600)} }}",
    "600 arguments of one name": f"{{ customer({'by: 1 ' * 600}) {{ id }} }}",
    "600 input fields of one name": f"{{ customer(by: {{ {'id: 1 ' * 600} }}) {{ id }} }}",
    "a list of 190 lists": f"{{ nodes(ids: {'[' * 190}1{']' * 190}) {{ id }} }}",
    "190 fields inside each other": f"{{ viewer {{ {_nested('customer { ', 190)} }} }}",
    "100,000 braces": "{a" * 45_000,
    "100,000 brackets": f"{{ nodes(ids: {'[' * 90_000}",
    "a path in circles": f"{{ viewer {{ {_nested('customer { subscriptions { nodes { ', 5)} }} }}",
    "fields that double, deeper and deeper": _doubling(
        "Customer", "a: grants { nodes { customer { ...F } } } b: grants { nodes { customer { ...F } } }"
    ),
    "fragments in one circle": "{ viewer { ...F0 } }"
    + " ".join(f"fragment F{i} on Viewer {{ {_each('...F#', 22)} id }}" for i in range(22)),
    "an introspection in circles": f"{{ __schema {{ types {{ {_nested('fields { type { ', 5)} }} }} }}",
    "introspections under aliases": f"{{ {_each('a#: __schema { types { fields { name } } }', 51)} }}",
}

HAS_ACCESS = 'b: hasAccess(lookupKey: "a", at: "2026-01-01T00:00:00Z") '
ARGUMENTS = f"a#: customer(by: {{id: 1}}) {{ {HAS_ACCESS * 13} }}"
GOOD = {
    "operations side by side": _each("query Q# { viewer { id customer { id } } }", 100),
    "609 fields": f"{{ {_each('a#: customer(by: {id: 1}) { ' + _each('b: grants { totalCount }', 9) + ' }', 29)} }}",
    "600 fields, arguments and values": f"{{ {_each(ARGUMENTS, 14)} }}",
    "620 values": f"{{ nodes(ids: [{'1 ' * 620}]) {{ id }} }}",
    "a text of lines": f'{{ node(id: """{"x" * 30_000}""") {{ id }} }}',
    "nothing but spaces": f"{{ viewer {{ id {',' * 99_000} }} }}",
    "600 spreads": f"{{ viewer {{ {'...F ' * 600} }} }} fragment F on Viewer {{ id }}",
    "98 fragments in a chain": "{ viewer { ...F0 } }"
    + " ".join(f"fragment F{i} on Viewer {{ ...F{i + 1} }}" for i in range(97))
    + "fragment F97 on Viewer { id }",
    "190 inline fragments inside each other": f"{{ viewer {{ {_nested('... { ', 190)} }} }}",
    "49 sized pages": f"query($n: Int) {{ {_each('a#: features(first: $n) { nodes { id } }', 49)} }}",
    "fragments that double": _doubling("Customer", "...F ...F"),
    "an introspection": get_introspection_query(),
}


@pytest.fixture(autouse=True, scope="module")
def _own_garbage_alone() -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    """Leaves what other tests left behind out of every collection, as `serve` leaves out what it started with."""
    gc.collect()
    gc.freeze()


def _takes_less(document: str, seconds: float) -> bool:
    """Whether a first sight of the document takes less than this, in one of some attempts."""
    return any(attempt < seconds for attempt in _attempts(document))


def _attempts(document: str) -> Iterator[float]:
    for _ in range(ATTEMPTS):
        preparation = Preparation(CORE, Limits())
        with timed(time.thread_time) as stopwatch:
            preparation.prepare(document)
        yield stopwatch.seconds


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED.keys())
def test_documents_that_would_hurt_are_refused_in_no_time_and_in_few_words(document: str) -> None:
    prepared = prepare(document)

    answer = json.dumps([error.formatted for error in prepared.errors], ensure_ascii=False).encode()
    assert prepared.document is None
    assert 1 <= len(prepared.errors) <= 5
    assert len(answer) < 10_000
    assert _takes_less(document, ALLOWED_SECONDS)


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD.keys())
def test_the_largest_documents_that_are_good_are_found_so_in_no_time(document: str) -> None:
    prepared = prepare(document)

    assert codes(prepared) == []
    assert _takes_less(document, ALLOWED_SECONDS)


def test_sixty_fragments_that_double_take_a_third_of_that() -> None:
    assert _takes_less(GOOD["fragments that double"], ALLOWED_SECONDS / 3)


def test_documents_of_ones_own_may_have_any_shape_the_parser_takes() -> None:
    document = f"{{ viewer {{ {_nested('customer { subscriptions { nodes { ', 40)} }} }}".replace(
        "id", "customer { id }"
    )

    assert prepare_trusted(document).errors == ()
    assert codes(prepare(document)) == ["DEPTH_LIMIT_EXCEEDED", "LIST_DEPTH_LIMIT_EXCEEDED"]
