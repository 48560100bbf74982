"""What the README of compiled execution tells people to write works, put together in a Strawberry project."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.compiled.comparing import Value

README = Path(__file__).parents[2] / "execution" / "README.md"
BEFORE = """
from collections.abc import Sequence
import strawberry

asked = []

@strawberry.type
class Author:
    name: str

async def authors_by_id(ids):
    asked.append(ids)
    return [Author(name=f"Author {each}") if each else None for each in ids]
"""
BETWEEN = """
@strawberry.type
class Query:
    @strawberry.field(extensions=[Requires("books:read")])
    def secret(self) -> str:
        return "s"

    @strawberry.field
    def books(self) -> list[Book]:
        return [Book(author_id=each) for each in (1, 0, 2)]
"""
DOCUMENT = "query Q($only: Boolean = false) { books { author { name } } secret @skip(if: $only) }"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Value]:
    """A module of the README's three longer examples."""
    blocks: list[str] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    wiring, batched, guards = [block for block in blocks if "class " in block]
    (tmp_path / "books_project.py").write_text("\n".join([BEFORE, batched, guards, BETWEEN, wiring]))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield import_module("books_project")
    del sys.modules["books_project"]


async def test_a_project_wired_as_shown_is_answered_by_compiled_operations(project: Value) -> None:
    context = _Caller({"books:read"})

    answer = await project.schema.execute(DOCUMENT, context_value=context)
    again = await project.schema.execute(DOCUMENT, {"only": True}, context_value=context)

    books = [{"author": {"name": "Author 1"}}, {"author": None}, {"author": {"name": "Author 2"}}]
    assert (answer.data, answer.errors) == ({"books": books, "secret": "s"}, None)
    assert again.data == {"books": books}
    assert project.asked == [[1, 0, 2]] * 2
    assert len(project.compiler) == 1


async def test_what_is_refused_or_not_compiled_is_answered_as_ever(project: Value) -> None:
    schema = project.schema

    refused = await schema.execute("{ secret }", context_value=_Caller(set()))
    invalid = await schema.execute("{ nothing }", context_value=_Caller(set()))
    introspected = await schema.execute("{ __schema { queryType { name } } }", context_value=_Caller(set()))

    assert [error.message for error in refused.errors or ()] == ["You lack books:read."]
    assert [error.message for error in invalid.errors or ()] == ["Cannot query field 'nothing' on type 'Query'."]
    assert introspected.data == {"__schema": {"queryType": {"name": "Query"}}}


class _Caller:
    def __init__(self, scopes: set[str]) -> None:
        self.scopes = scopes

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise PermissionError(f"You lack {scope}.")
