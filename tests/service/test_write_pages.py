"""What docs/billing.md and docs/safe-writes.md show works in the order it stands there, and answers what they say."""

import json
import re

from tests.pages import all_blocks, blocks, read_page
from tests.service.serving import Caller, Json

PLANS = {"team": ["projects"], "business": ["projects", "sso"]}


async def _set_up(caller: Caller) -> None:
    for key in ("projects", "sso"):
        await caller.do("createFeature", "feature { id }", name=key, lookupKey=key)
    for plan, keys in PLANS.items():
        features = [{"lookupKey": key} for key in keys]
        await caller.do("createProduct", "product { id }", name=plan, lookupKey=plan, features=features)
    await caller.do("createCustomer", "customer { id }", externalId="zephyr-prospect")


async def test_what_billing_says_becomes_what_the_page_says(caller: Caller) -> None:
    await _set_up(caller)
    begin, *later = blocks("docs/billing.md", "graphql")

    begun: Json = (await caller.ask(begin))["createSubscription"]
    again: Json = (await caller.ask(begin))["createSubscription"]
    ids = {"subscription": begun["subscription"]["id"], "item": begun["subscription"]["items"][0]["id"]}
    answers = [next(iter((await caller.ask(document, ids)).values())) for document in later]

    assert again["subscription"] == begun["subscription"]
    assert [payload["userErrors"] for payload in (begun, again, *answers)] == [[]] * 6
    late, upgraded, ending, ended = answers
    assert (late["subscription"], late["change"]) == ({"status": "PAST_DUE"}, None)
    assert upgraded["change"] == {"added": [{"lookupKey": "sso"}], "removed": []}
    assert upgraded["subscription"]["items"] == [{"product": {"lookupKey": "business"}, "quantity": 9}]
    assert {each["activeTo"] for each in ending["change"]["changed"]} == {ending["subscription"]["cancelAt"]}
    assert {each["endReason"] for each in ended["change"]["removed"]} == {"SUBSCRIPTION_ENDED"}
    back = await caller.ask(later[0].replace("PAST_DUE", "ACTIVE"), ids)
    assert [error["code"] for error in back["setSubscriptionStatus"]["userErrors"]] == ["INVALID_TRANSITION"]


def test_every_mutation_of_the_table_is_shown() -> None:
    page = read_page("docs/billing.md")
    named = set(re.findall(r"`(\w+Subscription\w*)`", page.partition("## A subscription begins")[0]))

    assert named == set(re.findall(r"(\w+Subscription\w*)\(input", "".join(blocks("docs/billing.md", "graphql"))))


async def test_a_write_is_answered_refused_and_repeated_as_the_page_says(caller: Caller) -> None:
    await _set_up(caller)
    give, refused = blocks("docs/safe-writes.md", "graphql")
    given, answer = (json.loads(block.text) for block in all_blocks("docs/safe-writes.md") if block.language == "json")

    first: Json = (await caller.ask(give, given))["grantEntitlement"]
    again: Json = (await caller.ask(give, given))["grantEntitlement"]
    other: Json = (await caller.ask(give.replace("To try it out", "As an apology"), given))["grantEntitlement"]

    assert (first["userErrors"], first["change"]["revision"]) == ([], 1)
    assert again["grant"] == first["grant"]
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]
    assert await caller.ask(refused) == answer
