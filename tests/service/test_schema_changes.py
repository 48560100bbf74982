"""What breaks clients that were shipped, what may be removed and when, and `admittance schema diff`."""

import re
import shlex
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from graphql import build_schema, parse

from gateway.evolution.changes import OPEN, Change, Impact, compare
from gateway.evolution.deprecations import find_faults
from schema.build import sdl

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "graphql" / "released" / "schema.graphql"
PAGE = (ROOT / "docs" / "schema-changes.md").read_text(encoding="utf-8")

REMOVAL = date(2027, 6, 30)
GOING = f'@deprecated(reason: "It was never right. Nothing replaces it. Removed on {REMOVAL}.")'
SCHEMA = """
  type Query {
    shape: Shape thing: Thing any: Any colour: Colour size: Size by(colour: Colour, order: Order): Int
    in(where: Where): Int
  }
  interface Shape { id: ID! }
  "Open: clients must expect types they don't know."
  interface Thing { id: ID! }
  type Square implements Shape & Thing { id: ID! }
  type Circle { id: ID! }
  union Any = Square
  enum Colour { RED }
  "Open: clients must expect values they don't know."
  enum Size { SMALL }
  enum Order { UP }
  input Where { here: Int there: Int }
"""


def changes(old: str, new: str, today: date = REMOVAL) -> list[Change]:
    return compare(parse(old), parse(new), today)


def replaced(old: str, new: str) -> list[Change]:
    """What it is to have one text in place of another in the schema above."""
    assert SCHEMA.count(old) == 1
    return changes(SCHEMA, SCHEMA.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "impact", "what"),
    [
        ("RED", "RED BLUE", Impact.BREAKING, "Colour gained BLUE, and it isn't open."),
        ("SMALL", "SMALL BIG", Impact.DANGEROUS, "Size gained BIG; it is open."),
        ("{ UP", "{ UP DOWN", Impact.SAFE, "Order gained DOWN; it is never answered."),
        ("Any = Square", "Any = Square | Circle", Impact.BREAKING, "Any gained Circle, and it isn't open."),
        ("Circle {", "Circle implements Shape {", Impact.BREAKING, "Shape gained Circle, and it isn't open."),
        ("Circle {", "Circle implements Thing {", Impact.DANGEROUS, "Thing gained Circle; it is open."),
        (" size: Size", "", Impact.BREAKING, "Field Query.size was removed."),
        ("colour: Colour size", "colour: Colour! size", Impact.SAFE, None),
        ("shape: Shape", "shape: Thing", Impact.BREAKING, "Field Query.shape changed type from Shape to Thing."),
        ("by(", "by(a: Int!, ", Impact.BREAKING, "A required argument Query.by(a:) was added."),
        ("by(", "by(a: Int, ", Impact.DANGEROUS, "An optional argument Query.by(a:) was added."),
        ("Where {", "Where @oneOf {", Impact.BREAKING, "Where takes exactly one field now."),
        ("thing: Thing", "thing: Thing more: Int", Impact.SAFE, "Field Query.more was added."),
    ],
)
def test_a_change_is_judged_by_what_it_does_to_clients(old: str, new: str, impact: Impact, what: str | None) -> None:
    [change] = replaced(old, new)

    assert change.impact is impact
    assert what in {change.what, None}


def test_a_type_that_is_new_and_joins_a_closed_interface_breaks_clients() -> None:
    """The library calls the type an addition like any other."""
    found = changes(SCHEMA, f"{SCHEMA} type Oval implements Shape {{ id: ID! }}")

    assert found == [
        Change(Impact.BREAKING, "Shape gained Oval, and it isn't open."),
        Change(Impact.SAFE, "Oval was added."),
    ]


def test_an_input_that_takes_more_than_before_breaks_nobody() -> None:
    assert changes(SCHEMA.replace("Where {", "Where @oneOf {"), SCHEMA) == [
        Change(Impact.SAFE, "Where takes more than one field now.")
    ]


def test_what_was_promised_to_the_shipped_client_counts_and_not_what_is_said_since() -> None:
    opened = SCHEMA.replace("enum Colour { RED }", '"Open: clients must expect more." enum Colour { RED BLUE }')

    assert changes(SCHEMA, opened) == [Change(Impact.BREAKING, "Colour gained BLUE, and it isn't open.")]


def test_descriptions_and_deprecations_are_no_change() -> None:
    assert replaced("enum Colour {", '"Hues." enum Colour {') == []
    assert replaced("colour: Colour size", f"colour: Colour {GOING} size") == []


@pytest.mark.parametrize(
    ("with_it", "without"),
    [
        ("type Query { a: Int b: Int GOING }", "type Query { a: Int }"),
        ("type Query { a(b: Int GOING): Int }", "type Query { a: Int }"),
        (
            "type Query { a(in: In): Int } input In { c: Int b: Int GOING }",
            "type Query { a(in: In): Int } input In { c: Int }",
        ),
        ("type Query { a: E } enum E { C B GOING }", "type Query { a: E } enum E { C }"),
    ],
    ids=["field", "argument", "input field", "value"],
)
def test_a_removal_breaks_clients_until_the_day_it_was_announced_for(with_it: str, without: str) -> None:
    undated = with_it.replace("GOING", "@deprecated")
    unannounced = with_it.replace("GOING", "")
    announced = with_it.replace("GOING", GOING)

    def impacts(old: str, today: date) -> list[Impact]:
        return [change.impact for change in changes(old, without, today)]

    assert impacts(announced, REMOVAL - timedelta(days=1)) == [Impact.BREAKING]
    assert impacts(announced, REMOVAL) == []
    assert impacts(undated, REMOVAL) == impacts(unannounced, REMOVAL) == [Impact.BREAKING]
    assert changes(announced, announced) == []


def test_types_go_with_the_last_field_that_led_to_them() -> None:
    old = f"""
      type Query {{ a: Int }}
      type Mutation {{ keep: Int drop(input: DropInput!): DropPayload {GOING} }}
      input DropInput {{ id: ID! how: How }}
      enum How {{ GENTLY }}
      type DropPayload {{ dropped: Dropped }}
      type Dropped {{ payload: DropPayload }}
    """
    new = "type Query { a: Int } type Mutation { keep: Int }"

    assert changes(old, new) == []
    assert changes(old, new, REMOVAL - timedelta(days=1))[0].impact is Impact.BREAKING


def test_a_type_that_something_else_leads_to_stays() -> None:
    old = f"type Query {{ a: A {GOING} b: B }} type A {{ c: Int }} type B {{ a: A b: Int }}"
    new = "type Query { b: B } type B { b: Int }"

    assert changes(old, new) == [
        Change(Impact.BREAKING, "A was removed."),
        Change(Impact.BREAKING, "Field B.a was removed."),
    ]


def test_a_type_that_an_interface_leads_to_goes_when_all_its_fields_were_due() -> None:
    head = "interface Node { id: ID! } type Keep implements Node { id: ID! }"
    some = f"type Query {{ node: Node }} {head} type Go implements Node {{ id: ID! b: Int {GOING} }}"
    all_ = f"type Query {{ node: Node }} {head} type Go implements Node {{ id: ID! {GOING} b: Int {GOING} }}"
    union = f"type Query {{ node: Node }} {head} type Go {{ a: Int {GOING} }} union U = Keep | Go"
    new = f"type Query {{ node: Node }} {head}"

    assert changes(some, new) == [Change(Impact.BREAKING, "Go was removed.")]
    assert changes(all_, new) == []
    assert changes(union, f"{new} union U = Keep") == []


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("Two words for one. Use `Query.b` instead. Removed on 2027-06-30.", None),
        ("Two words for one. Use `Query.b(c:)` instead. Removed on 2027-06-30.", None),
        ("One. Two. Nothing replaces it. Removed on 2027-06-30.", None),
        ("Use `Query.b` instead. Removed on 2027-06-30.", "like"),
        ("Two words for one. Removed on 2027-06-30.", "like"),
        ("Two words for one. Use `Query.b` instead.", "like"),
        ("Two words for one. Use `Query.b` instead. Removed on 2027-06-31.", "like"),
        ("Two words for one. Use `Query.b` instead. Removed on 2027-06-30. Or later.", "like"),
        ("Two words for one. Use `Query.d` instead. Removed on 2027-06-30.", "there is no Query.d to use instead."),
        ("No. Use `Query.b(d:)` instead. Removed on 2027-06-30.", "there is no Query.b(d:) to use instead."),
        ("Circular. Use `Query.a` instead. Removed on 2027-06-30.", "Query.a, to use instead, is deprecated too."),
    ],
)
def test_a_deprecation_says_why_what_to_use_instead_and_from_when_it_may_be_gone(
    reason: str, fault: str | None
) -> None:
    faults = find_faults(parse(f'type Query {{ a: Int @deprecated(reason: "{reason}") b(c: Int): Int }}'))

    if fault == "like":
        fault = (
            'the reason must be like "Why it goes. Use `Type.field` instead. Removed on 2027-06-30.", '
            'where "Nothing replaces it." may stand in the middle.'
        )
    assert faults == ([] if fault is None else [f"Query.a: {fault}"])


def test_deprecations_are_found_wherever_they_may_stand() -> None:
    schema = """
      type Query { a: Int @deprecated b(c: I @deprecated): E }
      interface F { a: Int @deprecated }
      input I { a: Int @deprecated }
      enum E { A @deprecated }
    """

    faults = find_faults(parse(schema))

    assert [fault.partition(": the")[0] for fault in faults] == ["Query.a", "Query.b(c:)", "F.a", "I.a", "E.A"]


def test_the_deprecations_of_the_schema_are_as_they_should_be() -> None:
    assert find_faults(parse(sdl())) == []


def test_clients_of_the_last_release_go_on_with_this_one(admittance: Command, capsys: Captured) -> None:
    assert admittance("schema", "diff", str(RELEASED)) == 0, capsys.readouterr().out


def test_changes_are_listed_and_those_that_break_clients_fail(
    admittance: Command, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "old.graphql").write_text("type Query { a: Int b: Int c(d: Int): Int }")
    (tmp_path / "new.graphql").write_text("type Query { a: String c(d: Int, e: Int): Int f: Int }")

    code = admittance("schema", "diff", "old.graphql", "new.graphql")

    printed = capsys.readouterr()
    assert code == 1
    assert [line.strip() for line in printed.out.splitlines()[1:]] == [
        "breaking    Field Query.a changed type from Int to String.",
        "breaking    Field Query.b was removed.",
        "dangerous   An optional argument Query.c(e:) was added.",
        "safe        Field Query.f was added.",
    ]
    assert printed.err == (
        "error: 2 changes break clients of old.graphql. What is to go is deprecated first: docs/schema-changes.md.\n"
    )


def test_changes_that_break_nobody_pass(admittance: Command, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "old.graphql").write_text("type Query { a: Int }")
    (tmp_path / "new.graphql").write_text("type Query { a: Int b: Int }")

    assert admittance("schema", "diff", "old.graphql", "new.graphql") == 0
    assert "Field Query.b was added." in capsys.readouterr().out
    assert admittance("schema", "diff", "new.graphql", "new.graphql") == 0
    assert capsys.readouterr().err == "Nothing has changed but descriptions, if anything.\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "There is no old.graphql."),
        (b"\xff", "old.graphql can't be read as a text in UTF-8."),
        (b"type Query {\n  a: \n}", "old.graphql:3: Syntax Error: Expected Name, found '}'."),
        (b"type Query { a: Nope }", "old.graphql is no schema: Unknown type 'Nope'."),
        (b"{ customers { totalCount } }", "old.graphql is no schema: it defines no type."),
    ],
)
def test_a_file_that_is_no_schema_is_said_in_one_sentence(
    admittance: Command, tmp_path: Path, capsys: Captured, text: bytes | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "old.graphql").write_bytes(text)

    assert admittance("schema", "diff", "old.graphql") == 1
    assert capsys.readouterr().err == f"error: {message}\n"


def test_the_commands_in_the_docs_work(admittance: Command, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.chdir(ROOT)
    compare_, replace = (shlex.split(block) for block in blocks("sh"))

    assert admittance(*compare_[1:]) == 0
    capsys.readouterr()
    assert replace[-2:] == [">", str(RELEASED.relative_to(ROOT))]
    assert admittance(*replace[1:-2]) == 0
    assert capsys.readouterr().out == sdl()


def test_the_deprecation_in_the_docs_is_as_it_should_be() -> None:
    [example] = blocks("graphql")

    assert "@deprecated" in example
    assert find_faults(parse(example)) == []


def test_the_docs_name_every_type_that_is_open() -> None:
    [listed] = re.findall(r"What is open says so:\n(.*?)\. Clients", PAGE, re.DOTALL)

    named = re.findall(r"`(\w+)`", listed)

    types = build_schema(sdl()).type_map.items()
    assert named == sorted(name for name, each in types if OPEN in (each.description or ""))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
