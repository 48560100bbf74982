"""What is selected: graphql-core's cases of fields, fragments, directives and operations.

Its `test_directives`, `test_schema`, `test_collect_fields` and most of `test_executor`. Not here: what it collects for
`@defer`, which is not compiled; custom field and type resolvers, handed over with the request, for which there is no
room here; a fragment within itself, which validation refuses; schemas that are invalid.
"""

import pytest
from graphql import build_schema, parse

from execution import CompiledOperation, Compiler, Fallback
from tests.compiled.comparing import Value, late
from tests.compiled.core_cases.answering import assert_answer

LETTERS = build_schema("type Query { a: String, b: String, c: String, deep: Query, list: [String], deeper: [Query] }")
LETTER = {"a": "Apple", "b": "Banana", "c": "Cherry"}
DEEP = {**LETTER, "deep": {**LETTER, "list": ["one", None, "two"], "deeper": [LETTER, None, LETTER]}}

BLOG = build_schema("""
type Query { article(id: ID): Article, feed: [Article] }
type Article { id: String!, isPublished: Boolean, author: Author, title: String, keywords: [String] }
type Author { id: String, name: String, pic(width: Int, height: Int): Image, recentArticle: Article }
type Image { url: String, width: Int, height: Int }
""")


class Article:
    keywords = "foo", 1, True, None

    def __init__(self, id_: int) -> None:
        self.id = id_
        self.isPublished = True
        self.title = f"Article {id_}"

    @property
    def author(self) -> "Author":
        return Author()


def article_by_id(_info: Value, id: int) -> Article:  # noqa: A002 - the argument's name
    return Article(id)


class Author:
    id, name = 123, "John"

    @property
    def recentArticle(self) -> Article:  # noqa: N802 - the field's name
        return Article(1)

    def pic(self, _info: Value, width: int, height: int) -> dict[str, Value]:
        return {"url": "cdn://123", "width": f"{width}", "height": height}


@pytest.mark.parametrize(
    ("document", "data"),
    [
        ("{ a }", {"a": "Apple"}),
        ("query Only { a }", {"a": "Apple"}),
        ("{ x: a, b, y: a }", {"x": "Apple", "b": "Banana", "y": "Apple"}),
        (
            """{ a ...One ...Two } fragment One on Query { b deep { b again: deep { a } } }
            fragment Two on Query { c deep { c again: deep { b } } }""",
            {**LETTER, "deep": {"b": "Banana", "again": None, "c": "Cherry"}},
        ),
        (
            "{ deep { list deeper { a b } ... on Query { c } } }",
            {
                "deep": {
                    "list": ["one", None, "two"],
                    "deeper": [{"a": "Apple", "b": "Banana"}, None, {"a": "Apple", "b": "Banana"}],
                    "c": "Cherry",
                }
            },
        ),
        ("{ ...F ...F } fragment F on Query { a }", {"a": "Apple"}),
        ("{ deep }", {"deep": {}}),
        ("{ a, nothingOfTheSchema }", {"a": "Apple"}),
        ("{ a } type Query { other: String }", {"a": "Apple"}),
    ],
)
async def test_fields_and_fragments(document: str, data: Value) -> None:
    await assert_answer(LETTERS, document, data, root=DEEP)


@pytest.mark.parametrize(
    "selection",
    ["b {}", "...F {}", "... on Query {} {{ b }}", "... {} {{ b }}"],
    ids=["a field", "a spread", "an inline fragment", "an inline fragment without a type"],
)
@pytest.mark.parametrize(
    ("directives", "is_there"),
    [
        ("@include(if: true)", True),
        ("@include(if: false)", False),
        ("@skip(if: false)", True),
        ("@skip(if: true)", False),
        ("@include(if: true) @skip(if: false)", True),
        ("@include(if: true) @skip(if: true)", False),
        ("@include(if: false) @skip(if: false)", False),
    ],
)
async def test_directives(selection: str, directives: str, is_there: bool) -> None:
    spread = selection.format(directives)
    fragment = " fragment F on Query { b }" if "...F" in spread else ""
    data = {"a": "Apple", "b": "Banana"} if is_there else {"a": "Apple"}

    await assert_answer(LETTERS, f"{{ a {spread} }}{fragment}", data, root=LETTER)


async def test_keys_are_in_the_order_of_the_document_whatever_arrives_first() -> None:
    def root() -> Value:
        return {"a": late("Apple"), "b": "Banana", "c": late("Cherry"), "list": ["one"]}

    await assert_answer(
        LETTERS, "{ c list a b }", {"c": "Cherry", "list": ["one"], "a": "Apple", "b": "Banana"}, root=root
    )


async def test_a_schema_of_many_types() -> None:
    document = """
      { feed { id, title } article(id: "1") { ...F, author { id name pic(width: 640, height: 480) { url width height }
        recentArticle { ...F, keywords } } } }
      fragment F on Article { id, isPublished, title, hidden }
    """
    root = {"feed": [Article(each) for each in range(3)], "article": article_by_id}
    shown = {"id": "1", "isPublished": True, "title": "Article 1"}
    author = {"id": "123", "name": "John", "pic": {"url": "cdn://123", "width": 640, "height": 480}}
    recent = {**shown, "keywords": ["foo", "1", "true", None]}

    await assert_answer(
        BLOG,
        document,
        {
            "feed": [{"id": f"{each}", "title": f"Article {each}"} for each in range(3)],
            "article": {**shown, "author": {**author, "recentArticle": recent}},
        },
        root=root,
    )


ROOTS = "type Query { a: String } type Mutation { c: String } type Subscription { a: String }"
SEVERAL = "query One { first: a } query Other { second: a } mutation M { c }"


@pytest.mark.parametrize(("name", "data"), [("One", {"first": "A"}), ("Other", {"second": "A"}), ("M", {"c": "C"})])
async def test_the_operation_of_the_name_over_the_type_of_its_kind(name: str, data: Value) -> None:
    operation = Compiler(build_schema(ROOTS)).compile(parse(SEVERAL), name)
    assert isinstance(operation, CompiledOperation)

    result = await operation.run(None, None, {"a": "A", "c": "C"})

    assert result.data == data


@pytest.mark.parametrize(
    ("document", "name", "reason"),
    [
        ("fragment F on Query { a }", None, "unknown operation"),
        (SEVERAL, None, "unknown operation"),
        (SEVERAL, "Unknown", "unknown operation"),
        ("{ a }", "", "unknown operation"),
        ("query @experimental_disableErrorPropagation { a }", None, "directive on the operation"),
    ],
)
def test_what_only_graphql_core_can_say_is_left_to_it(document: str, name: str | None, reason: str) -> None:
    assert Compiler(build_schema(ROOTS)).compile(parse(document), name) == Fallback(reason)


def test_fragments_with_variables_of_their_own_are_left_to_graphql_core() -> None:
    document = "{ ...F(b: 1) } fragment F($b: Int) on Query { a @skip(if: $b) }"

    found = Compiler(build_schema(ROOTS)).compile(parse(document, experimental_fragment_arguments=True))

    assert found == Fallback("fragment variables")


def test_a_kind_of_operation_the_schema_has_no_type_for_is_left_to_graphql_core() -> None:
    assert Compiler(build_schema("type Query { a: String }")).compile(parse("mutation { a }")) == Fallback(
        "no root type"
    )
