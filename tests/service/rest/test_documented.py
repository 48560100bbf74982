"""docs/stripe.md: its commands are answered, by curl and by the library, with what it shows."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from gateway.rest.routes import ENDPOINTS
from tests.pages import blocks as blocks_of
from tests.pages import read_page
from tests.service.rest.shop import Shop

Json = Any

PAGE = read_page("docs/stripe.md")
ADDRESS = "http://127.0.0.1:8000"

blocks = partial(blocks_of, "docs/stripe.md")

VARIABLES = {
    "entitlements.feature": "FEATURE",
    "product": "PRODUCT",
    "product_feature": "PRODUCT_FEATURE",
    "customer": "CUSTOMER",
    "subscription": "SUBSCRIPTION",
    "entitlements.active_entitlement": "ENTITLEMENT",
}
"""What the page calls the id of an object of each kind."""

SHOWN: Mapping[str, set[str]] = {
    "entitlements.feature": {"id", "object", "livemode", "name", "lookup_key", "active", "metadata"},
    "entitlements.active_entitlement": {"id", "object", "feature", "lookup_key", "livemode"},
    "product_feature": {"id", "object", "entitlement_feature", "livemode"},
    "list": {"object", "url", "has_more", "data"},
    "entitlement": {
        *("object", "id", "customerId", "featureId", "featureKey", "featureType", "subscriptionId", "status"),
        *("hasAccess", "activeFrom", "activeTo", "metadata"),
    },
}
"""The fields that the modelled systems' own pages show, and no others."""


def objects(answer: Json) -> Iterator[Json]:
    """An answer, and what is listed in it."""
    yield answer
    yield from answer.get("data", ())


def answered(command: str, variables: Mapping[str, str]) -> Json:
    """What a command of the page prints."""
    ran = subprocess.run(["bash", "-uc", f"{command} -s"], env=variables, capture_output=True, check=True)
    return json.loads(ran.stdout)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_the_commands_are_answered_in_the_order_shown(shop: Shop) -> None:
    known = {**os.environ, "KEY": shop.caller.secret}
    answers: list[Json] = []
    for command in "".join(blocks("sh")).splitlines():
        answers.append(await shop.use(partial(answered, command.replace(ADDRESS, shop.address), dict(known))))
        assert "error" not in answers[-1], (command, answers[-1])
        known |= {VARIABLES[each["object"]]: each["id"] for each in objects(answers[-1]) if each["object"] in VARIABLES}

    shown = [each for answer in answers for each in objects(answer) if not each.get("deleted")]
    assert {each["object"] for each in shown} > set(SHOWN)
    for each in shown:
        if each["object"] in SHOWN and "pagination" not in each:
            assert each.keys() == SHOWN[each["object"]]
    [feature] = blocks("json")
    assert {**json.loads(feature), "id": None} == {**answers[0], "id": None}


async def test_the_library_is_used_as_shown(shop: Shop) -> None:
    def walk() -> list[str]:
        customer = shop.customer()
        shop.subscribe(customer, shop.product("sso", "audit"))
        names: dict[str, Json] = {"key": shop.caller.secret, "address": shop.address}
        [code] = blocks("python")
        exec(code, names)  # noqa: S102 - it is our own page
        return names["active_keys"](customer)

    assert sorted(await shop.use(walk)) == ["audit", "sso"]


def test_every_path_is_in_the_table() -> None:
    table = set(re.findall(r"^\| `(/v1/[^`]*)` \|", PAGE, re.MULTILINE))

    assert {re.sub(r"/\{id\}(/advance|/resume)?$", "", endpoint.path) for endpoint in ENDPOINTS} == table


def test_no_command_of_the_page_needs_more_than_one_line() -> None:
    assert all(shlex.split(line)[0] == "curl" for line in "".join(blocks("sh")).splitlines())
