"""graphql-sse, the reference client of GraphQL over server-sent events."""

from tests.clients.conftest import Run
from tests.service.serving import Caller
from tests.service.watching import grant, set_up


async def test_graphql_sse_asks_and_follows_and_learns_why_it_is_refused(run: Run, caller: Caller) -> None:
    await set_up(caller)
    for key in ("sso", "audit"):
        await grant(caller, key)

    results = run("graphql_sse.mjs")

    assert [answer["data"] for answer in results["viewer"]] == [{"viewer": {"kind": "API_KEY"}}]
    assert [answer["errors"][0]["extensions"]["code"] for answer in results["bad"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert [answer["data"]["entitlementsChanged"] for answer in results["changes"]] == [
        {"revision": 1, "added": [{"lookupKey": "sso"}]},
        {"revision": 2, "added": [{"lookupKey": "audit"}]},
    ]
    assert [answer["errors"][0]["extensions"]["code"] for answer in results["nobody"]] == ["NOT_FOUND"]
    assert results["stranger"] == {"refused": 401}
