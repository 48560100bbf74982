"""How values are had: graphql-core's cases of resolvers, what they are told, and what they are asked at once.

Its `test_resolve`, `test_sync`, `test_parallel`, and of `test_executor` what is about resolvers. A run here is always
awaited, so that answers are the same, and not whether they come as an awaitable. That graphql-core cancels what runs
beside a failure has no like here: what was begun is awaited. Not here either: `test_execution_result`, about a class of
its own; `test_middleware`, `test_customize`, `test_hooks`, `test_cancellation` and `test_abort_signal`, about what may
be handed to graphql-core along with a request and not to a compiled operation; `test_lazy_execution`, of a library.
"""

import asyncio
from json import dumps

import pytest
from graphql import GraphQLSchema, build_schema

from tests.compiled.comparing import Value, late
from tests.compiled.core_cases.answering import Said, assert_answer, later

TEST = "type Query { test(addend: Int, aStr: String, aInt: Int): String }"


class Source:
    def __init__(self) -> None:
        self.addend = 700

    def test(self, info: Value, addend: int = 0) -> int:
        return self.addend + addend + info.context["addend"]


@pytest.mark.parametrize(
    ("root", "document", "said"),
    [
        ({"test": "an entry"}, "{ test }", "an entry"),
        (type("Plain", (), {"test": "an attribute"})(), "{ test }", "an attribute"),
        (Source(), "{ test(addend: 80) }", "789"),
        (Source(), "{ test }", "709"),
        ({"test": later("awaited")}, "{ test }", "awaited"),
        (None, "{ test }", None),
        ("text", "{ test }", None),
    ],
)
async def test_without_a_resolver_an_entry_or_an_attribute_is_read_and_called(
    root: Value, document: str, said: str | None
) -> None:
    await assert_answer(build_schema(TEST), document, {"test": said}, root=root, context={"addend": 9})


CALLS: list[tuple[str, Value, Value]] = [
    ("{ test }", None, [None, {}]),
    ("{ test }", "Source!", ["Source!", {}]),
    ('{ test(aStr: "String!") }', "Source!", ["Source!", {"aStr": "String!"}]),
    ('{ test(aInt: -123, aStr: "String!") }', None, [None, {"aStr": "String!", "aInt": -123}]),
    ("{ test(aInt: 0, aStr: null) }", None, [None, {"aStr": None, "aInt": 0}]),
]


@pytest.mark.parametrize(("document", "root", "said"), CALLS)
@pytest.mark.parametrize("is_late", [False, True])
async def test_a_resolver_is_given_its_parent_and_the_arguments_that_are_there(
    document: str, root: Value, said: Value, is_late: bool
) -> None:
    def resolve(parent: Value, _info: Value, **given: Value) -> Value:
        answer = dumps([parent, given])
        return late(answer) if is_late else answer

    await assert_answer(_resolved_by(TEST, "Query", resolve), document, {"test": dumps(said)}, root=root)


async def test_what_a_resolver_is_told_of_where_it_is() -> None:
    told: list[dict[str, Value]] = []

    def resolve(_parent: Value, info: Value) -> None:
        names = "field_name", "field_nodes", "return_type", "parent_type", "schema", "fragments", "root_value"
        told.append({name: getattr(info, name) for name in (*names, "context")})
        told[-1] |= {"path": info.path.as_list(), "variables": dict(info.variable_values.coerced)}
        # Each execution parses the document for itself.
        told[-1] |= {"operation": info.operation.to_dict(), "fragments": sorted(info.fragments)}

    schema = _resolved_by("type Query { test: String, deep: Query }", "Query", resolve)
    document = "query Q($var: String) { a: deep { result: test @include(if: true) ...F } } fragment F on Query { test }"

    await assert_answer(
        schema,
        document,
        {"a": {"result": None, "test": None}},
        root={"deep": {"deep": None}},
        context="context",
        variables={"var": "abc"},
    )

    assert told[:2] == told[2:]
    assert [each["path"] for each in told[:2]] == [["a", "result"], ["a", "test"]]
    assert told[0]["variables"] == {"var": "abc"}


async def test_the_path_within_lists_and_unions() -> None:
    paths: list[Value] = []

    def resolve(_parent: Value, info: Value) -> None:
        paths.append([(step, name) for step, name in _steps(info.path)])

    schema = _resolved_by("union U = O type O { test: String } type Query { test: [[U!]!]! }", "O", resolve)

    await assert_answer(
        schema,
        "{ l1: test { ... on O { l2: test } } }",
        {"l1": [[], [{"l2": None}]]},
        root={"test": [[], [{"__typename": "O"}]]},
    )

    assert paths == [[("l2", "O"), (0, None), (1, None), ("l1", "Query")]] * 2


async def test_errors_leave_null_the_field_they_befall() -> None:
    def raising(_info: Value) -> Value:
        raise ValueError("raised")

    async def raising_late(_info: Value) -> Value:
        await asyncio.sleep(0)
        raise ValueError("raised late")

    fields = ["ok", "raises", "returns", "items", "late", "raisesLate", "returnsLate"]
    sdl = " ".join(f"{name}: {'[String]' if name == 'items' else 'String'}" for name in fields)
    root: dict[str, Value] = {
        "ok": "ok",
        "raises": raising,
        "returns": ValueError("returned"),
        "items": ["zero", ValueError("one"), "two", ValueError("three")],
        "late": later("late"),
        "raisesLate": raising_late,
        "returnsLate": later(ValueError("returned late")),
    }

    await assert_answer(
        build_schema(f"type Query {{ {sdl} }}"),
        "{\n" + "\n".join(fields) + "\n}",
        dict.fromkeys(fields) | {"ok": "ok", "items": ["zero", None, "two", None], "late": "late"},
        Said("raised", ("raises",), (3, 1)),
        Said("returned", ("returns",), (4, 1)),
        Said("one", ("items", 1), (5, 1)),
        Said("three", ("items", 3), (5, 1)),
        Said("raised late", ("raisesLate",), (7, 1)),
        Said("returned late", ("returnsLate",), (8, 1)),
        root=root,
    )


@pytest.mark.parametrize(
    ("type_", "document", "waiting", "data"),
    [
        ("Boolean", "{ foo }", 1, {"foo": True}),
        ("Boolean", "{ foo bar }", 2, {"foo": True, "bar": True}),
        ("[Boolean]", "{ foo }", 1, {"foo": [True]}),
        ("[Boolean]", "{ foo bar }", 4, {"foo": [True, True], "bar": [True, True]}),
    ],
)
async def test_what_can_be_awaited_is_awaited_together(
    type_: str, document: str, waiting: int, data: dict[str, Value]
) -> None:
    def root() -> Value:
        barrier = asyncio.Barrier(waiting)

        async def resolve() -> bool:
            await barrier.wait()
            return True

        def resolve_all(info: Value) -> Value:
            return [resolve() for _ in data[info.field_name]] if type_[0] == "[" else resolve()

        return {"foo": resolve_all, "bar": resolve_all}

    schema = build_schema(f"type Query {{ foo: {type_}, bar: {type_} }}")
    async with asyncio.timeout(10):
        await assert_answer(schema, document, data, root=root)


@pytest.mark.parametrize(("type_", "data"), [("Boolean!", None), ("[Boolean!]", {"foo": None}), ("[Boolean!]!", None)])
async def test_what_fails_beside_something_awaited_is_what_is_told(type_: str, data: Value) -> None:
    async def fail() -> bool:
        raise ValueError("Oops")

    def foo(_info: Value) -> Value:
        return [fail(), late(True)] if type_[0] == "[" else fail()

    root = {"foo": foo, "bar": later(True)}

    path = ("foo", 0) if type_[0] == "[" else ("foo",)
    await assert_answer(
        build_schema(f"type Query {{ foo: {type_}, bar: Boolean }}"),
        "{foo, bar}",
        data if data is None else {**data, "bar": True},
        Said("Oops", path, (1, 2)),
        root=root,
    )


def _resolved_by(sdl: str, type_: str, resolve: Value) -> GraphQLSchema:
    schema = build_schema(sdl)
    named: Value = schema.type_map[type_]
    named.fields["test"].resolve = resolve
    return schema


def _steps(path: Value) -> list[tuple[str | int, str | None]]:
    return [] if path is None else [(path.key, path.typename), *_steps(path.prev)]
