"""urql, which asks by GET where the address is short enough, unless told otherwise."""

from tests.clients.conftest import Run

DATA = {"viewer": {"kind": "API_KEY"}}


def test_urql_asks_by_get_and_by_post(run: Run) -> None:
    results = run("urql.mjs")

    assert (results["get"]["data"], results["get"]["methods"]) == (DATA, ["GET"])
    assert (results["post"]["data"], results["post"]["methods"]) == (DATA, ["POST"])
    assert "GraphQL-Require-Preflight" in results["getWithoutHeader"]["error"]
