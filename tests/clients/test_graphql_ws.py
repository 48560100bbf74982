"""graphql-ws, the reference client of the protocol `graphql-transport-ws`."""

from tests.clients.conftest import Run


def test_graphql_ws_asks_over_one_socket_and_learns_why_it_is_refused(run: Run) -> None:
    results = run("graphql_ws.mjs")

    assert results["viewer"]["data"] == {"viewer": {"kind": "API_KEY"}}
    assert results["features"]["data"] == {"features": {"totalCount": 0}}
    assert results["bad"] == {"refused": ["GRAPHQL_VALIDATION_FAILED"]}
    assert results["after"]["data"] == {"viewer": {"livemode": False}}
    assert results["stranger"] == {"refused": 4401}
