"""A query across a company's subgraph and ours, through Apollo's own gateway."""

import re
from collections.abc import Sequence

from tests.federation.conftest import Json, Run
from tests.pages import blocks
from tests.service.serving import Caller
from tests.service.subgraphs import furnish, grant
from tests.service.test_subscriptions import session_of

VIEWER = 'query Gate { viewer { name customer { id externalId hasAccess(lookupKey: "sso") } } }'
USERS = """
query Users($first: Int!) {
  users(first: $first) {
    edges { node { id customer { hasAccess(lookupKey: "sso") entitlements { nodes { feature { name } } } } } }
    pageInfo { hasNextPage }
  }
}
"""
ONE = "query One($by: CustomerBy!) { customer(by: $by) { id } }"


async def _ask(caller: Caller, run: Run, *requests: Json) -> Sequence[Json]:
    """The answers of the company's graph to requests of the caller, or of whoever's secret they come with."""
    url = str(caller.client.base_url.join("/subgraph"))
    given = [{"secret": caller.secret, **request} for request in requests]
    return run("asking.mjs", given, ADMITTANCE_URL=url, ADMITTANCE_KEY=caller.secret)


async def test_a_users_customer_is_known_by_the_companys_own_id(caller: Caller, run: Run) -> None:
    ids = await furnish(caller)

    [answer] = await _ask(caller, run, {"query": VIEWER})

    customer = {"id": ids["acme"], "externalId": "acme", "hasAccess": True}
    assert answer == {"data": {"viewer": {"name": "The user acme", "customer": customer}}}


async def test_the_query_of_the_docs_is_answered(caller: Caller, run: Run) -> None:
    await furnish(caller)
    [query, _] = blocks("docs/federation.md", "graphql")

    [answer] = await _ask(caller, run, {"query": query})

    assert answer == {"data": {"viewer": {"name": "The user acme", "customer": {"hasAccess": True}}}}


async def test_fifty_users_are_one_request_and_one_batch_of_each_kind(caller: Caller, run: Run) -> None:
    await furnish(caller)
    for number in range(50):
        await caller.do("createCustomer", "__typename", externalId=f"c{number}")
    await grant(caller, "c7")

    [answer] = await _ask(caller, run, {"query": USERS, "variables": {"first": 50}})

    edges = answer["data"]["users"]["edges"]
    assert [edge["node"]["customer"]["hasAccess"] for edge in edges] == [number == 7 for number in range(50)]
    [entitlement] = edges[7]["node"]["customer"]["entitlements"]["nodes"]
    assert entitlement["feature"]["name"] == "SSO"
    figures = (await caller.client.get("/metrics")).text
    sent = re.compile(r'^admittance_operations_total\{operation="Users__admittance__\d",.*\} (\S+)$', re.MULTILINE)
    assert sent.findall(figures) == ["1.0"]
    assert "admittance_compiled_fallbacks_total{" not in figures


async def test_each_is_answered_by_the_right_of_their_own_credential(caller: Caller, run: Run) -> None:
    ids = await furnish(caller)
    await caller.do("createCustomer", "__typename", externalId="c0")
    _, token = await session_of(caller)

    own, others, nobodys, strangers = await _ask(
        caller,
        run,
        {"query": VIEWER, "secret": token},
        {"query": USERS, "variables": {"first": 1}, "secret": token},
        {"query": VIEWER, "secret": None},
        {"query": VIEWER, "secret": "wrong"},
    )

    assert own["data"]["viewer"]["customer"]["id"] == ids["acme"]
    # The company says that there is such a customer; to the caller nothing is known of it.
    unknown = {"hasAccess": None, "entitlements": None}
    assert others["data"]["users"]["edges"] == [{"node": {"id": "c0", "customer": unknown}}]
    for refused in (nobodys, strangers):
        assert refused["data"]["viewer"] == {"name": "The user acme", "customer": None}
        [error] = refused["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_one_of_two_is_exactly_one_though_the_supergraph_lost_it(caller: Caller, run: Run) -> None:
    ids = await furnish(caller)
    by = [{"externalId": "acme"}, {"externalId": "acme", "id": ids["acme"]}, {}, {"externalId": None}]
    literal = {"query": '{ customer(by: {externalId: "acme", id: "cus_1"}) { id } }'}

    right, *wrong = await _ask(caller, run, *({"query": ONE, "variables": {"by": each}} for each in by), literal)

    assert right["data"]["customer"]["id"] == ids["acme"]
    for answer in wrong:
        assert answer["data"]["customer"] is None
        [error] = answer["errors"]
        assert error["extensions"]["code"] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
        assert error["extensions"]["serviceName"] == "admittance"
