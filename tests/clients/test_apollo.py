"""Apollo Client, as its documentation sets it up."""

from tests.clients.conftest import Run

DATA = {"viewer": {"__typename": "Viewer", "kind": "API_KEY"}}


def test_apollo_asks_reads_errors_and_persists_its_queries(run: Run) -> None:
    results = run("apollo.mjs")

    for name in ("query", "persisted first", "persisted again", "persisted by GET"):
        assert results[name]["data"]["viewer"] == DATA["viewer"], name
    assert results["query"]["sent"] == [{"method": "POST", "withQuery": True}]
    # Unknown by its hash at first, then sent with its text, and from then on by its hash alone.
    assert [request["withQuery"] for request in results["persisted first"]["sent"]] == [False, True]
    assert results["persisted again"]["sent"] == [{"method": "POST", "withQuery": False}]
    assert results["persisted by GET"]["sent"] == [{"method": "GET", "withQuery": False}]
    assert results["error"] == {"isGraphQL": True, "code": "GRAPHQL_VALIDATION_FAILED"}
