"""The verdict on answers notices what it is there for."""

from typing import Any

import httpx2
import pytest

from tests.fuzz.verdict import objections, reaches

Json = Any


def answer(body: Json, status: int = 200) -> httpx2.Response:
    """An answer with a JSON body."""
    return httpx2.Response(status, json=body)


def error(message: str, **more: Json) -> Json:
    """A body with one error, which is otherwise as it should be."""
    return {"errors": [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}, **more}]}


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"viewer": None}},
        {"data": None, **error("`first` must be from 1 to 100; it is 0.", path=["features"])},
        {"data": {"createFeature": {"userErrors": [{"message": "The name must not be blank."}]}}},
        error("Value 'None' does not exist in 'AccessReason' enum."),
        error("Names must not start with __type."),
    ],
)
def test_nothing_is_wrong_with_an_answer_by_the_book(body: Json) -> None:
    assert list(objections(answer(body), "{ a(reason: None) }")) == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"data": []},
        {"data": {}, "detail": "x"},
        {"errors": []},
        {"errors": ["text"]},
        {"errors": [{"message": "No code."}]},
        {"errors": [{"message": "Of nobody's.", "extensions": {"code": "SURPRISE"}}]},
        {"errors": [{"message": "Something went wrong.", "extensions": {"code": "INTERNAL"}}]},
        error(""),
        error("Sorry.", stack="line 1"),
        error("'NoneType' object is not subscriptable"),
        error("Expected value of type 'By', found: {'id': None}."),
        error("unhashable type: 'dict'"),
        error("KeyError: 'Nope'"),
        error("(sqlite3.OperationalError) database is locked"),
        error("UNIQUE constraint failed: features.id"),
        error("<strawberry.types.unset.UnsetType object at 0x7f>"),
        {"data": {"createFeature": {"userErrors": [{"message": "invalid literal for int() in ValueError"}]}}},
    ],
)
def test_something_is_wrong_with_any_other_answer(body: Json) -> None:
    assert list(objections(answer(body), "{ viewer { id } }")) != []


def test_an_answer_that_is_no_json_is_wrong() -> None:
    first, *_ = objections(httpx2.Response(200, text="Internal Server Error"), "")

    assert first == "no JSON, but text/plain; charset=utf-8"


@pytest.mark.parametrize("status", [204, 302, 404, 500, 503])
def test_no_generated_request_may_have_another_status(status: int) -> None:
    assert list(objections(answer({"data": {}}, status), "{ viewer { id } }")) == [f"status {status}"]


def test_an_answer_reaches_something_if_it_holds_more_than_what_is_there_for_every_request() -> None:
    empty: list[Json] = [
        None,
        {"node": None},
        {"features": {"nodes": [], "totalCount": 0}},
        {"viewer": {"id": "key_1"}},
    ]
    full: list[Json] = [
        {"node": {"id": "feat_1"}},
        {"archiveFeature": {"userErrors": []}},
        {"nodes": [None, {"id": 1}]},
    ]

    assert [reaches(data) for data in empty] == [False] * 4
    assert [reaches(data) for data in full] == [True] * 3
