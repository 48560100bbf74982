"""Which media type and which status an answer has, by what the client accepts."""

import pytest

from gateway.http.negotiation import MediaType, negotiate
from gateway.refusals import BadRequest
from tests.service.event_streams import OF_URQL
from tests.service.serving import Caller

JSON, GRAPHQL, EVENTS = MediaType

ACCEPTED = {
    None: JSON,
    "": JSON,
    "*/*": JSON,
    "application/*": JSON,
    "application/json": JSON,
    "application/graphql-response+json": GRAPHQL,
    "application/graphql-response+json, application/json;q=0.9": GRAPHQL,
    "application/graphql-response+json;charset=utf-8": GRAPHQL,
    "application/json, application/graphql-response+json": JSON,
    "application/json;q=0.1, application/graphql-response+json;q=0.2": GRAPHQL,
    "application/json;q=0, */*": GRAPHQL,
    "*/*;q=0.1, application/graphql-response+json;q=0.5": GRAPHQL,
    "text/html, application/xhtml+xml, */*;q=0.8": JSON,
    "text/event-stream, APPLICATION/JSON": JSON,
    "text/event-stream": EVENTS,
    "text/event-stream, application/json;q=0.9": EVENTS,
    "text/*": EVENTS,
}

TAKES_EVENTS = {
    None: False,
    "*/*": False,
    "application/json": False,
    "text/event-stream": True,
    OF_URQL: True,
    "application/json, text/event-stream;q=0": False,
    "application/json, text/*;q=0.1": True,
}

REFUSED = [
    "text/html",
    "application/json;q=0",
    "application/json;q=nonsense",
    "application/json;charset=utf-16",
    "image/*;q=1",
    ",",
]

SYNTAX = "{"
VALIDATION = "{ nothing }"
VARIABLES = "query($id: ID!) { node(id: $id) { id } }"
PARTIAL = '{ viewer { kind } features(after: "forged") { totalCount } }'


@pytest.mark.parametrize(("accept", "chosen"), ACCEPTED.items())
def test_the_type_the_client_likes_best_is_chosen(accept: str | None, chosen: MediaType) -> None:
    assert negotiate(accept).best is chosen


@pytest.mark.parametrize(("accept", "takes_events"), TAKES_EVENTS.items())
def test_events_are_for_those_who_name_them(accept: str | None, *, takes_events: bool) -> None:
    assert negotiate(accept).events is takes_events


@pytest.mark.parametrize("accept", REFUSED)
def test_a_client_that_takes_none_of_them_is_told_those_there_are(accept: str) -> None:
    with pytest.raises(BadRequest) as refused:
        negotiate(accept)

    assert refused.value.status == 406
    assert "application/graphql-response+json" in str(refused.value)


@pytest.mark.parametrize("query", [SYNTAX, VALIDATION, VARIABLES])
async def test_what_never_ran_is_a_400_without_data_to_clients_of_the_specification(caller: Caller, query: str) -> None:
    response = await caller.post({"query": query}, Accept=GRAPHQL)

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert "data" not in response.json()


@pytest.mark.parametrize("query", [SYNTAX, VALIDATION, VARIABLES, PARTIAL])
async def test_clients_of_before_read_200_and_look_into_the_body(caller: Caller, query: str) -> None:
    response = await caller.post({"query": query}, Accept=JSON)

    assert response.status_code == 200
    assert response.json()["errors"]


async def test_what_ran_in_part_is_a_200_with_data_and_errors(caller: Caller) -> None:
    response = await caller.post({"query": PARTIAL}, Accept=GRAPHQL)

    assert response.status_code == 200
    assert response.json()["data"] == {"viewer": {"kind": "API_KEY"}, "features": None}
    assert response.json()["errors"][0]["path"] == ["features"]


async def test_an_answer_is_nobody_elses_and_is_not_kept(caller: Caller) -> None:
    response = await caller.post({"query": "{ viewer { id } }"})

    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept, Authorization, Origin"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers
