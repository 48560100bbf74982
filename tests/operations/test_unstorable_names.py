"""Text that a database can't hold names nothing: the same answer as for an unknown name, wherever it is passed."""

import pytest

from tests.operations.api import Api
from tests.operations.inhabitants import INPUTS, Known, ask, furnish, names_at, unknown
from tests.operations.schema_walk import at_path, input_type, places, references_in, with_value

UNSTORABLE = {
    "NUL": "\0",
    "lone surrogate": "\ud800",
    "NUL within": "sso\0",
    "surrogate after a pair": "\U0001f511\udfff",
}


@pytest.fixture
async def mine(api: Api) -> Known:
    """An object of every type."""
    return await furnish(api, "mine")


@pytest.fixture(params=UNSTORABLE)
def unstorable(request: pytest.FixtureRequest) -> Known:
    """Names that begin well and go wrong."""
    text = UNSTORABLE[request.param]
    names = unknown()
    return Known({kind: f"{id_}{text}" for kind, id_ in names.ids.items()}, dict.fromkeys(names.keys, text), text)


async def test_a_read_answers_as_for_an_unknown_name(api: Api, mine: Known, unstorable: Known) -> None:
    for place in places():
        answers = [await ask(api, mine, place, value) for value in names_at(place, unstorable, unstorable.email)]

        made_up = names_at(place, unknown(), "AAAA")
        assert answers == [await ask(api, mine, place, value) for value in made_up], place


async def test_a_write_answers_as_for_an_unknown_name(api: Api, mine: Known, unstorable: Known) -> None:
    for mutation, make in INPUTS.items():
        valid = make(mine, unknown())
        for path in references_in(input_type(mutation), valid):
            for name in unstorable.instead_of(at_path(valid, path), mine):
                answer = await api.try_mutation(mutation, **with_value(valid, path, name))
                assert {error["code"] for error in answer["userErrors"]} == {"NOT_FOUND"}, (mutation, path)
