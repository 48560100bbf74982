"""The commands of the modelled systems' own pages run as printed, but for host, ids and key, and answer as shown."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from tests.service.rest.shop import Shop

Json = Any

COMMANDS: list[Json] = tomllib.loads(Path(__file__).with_name("published_commands.toml").read_text())["command"]

PRINTED = {
    "{{PRODUCT_ID}}": "product",
    "{{CUSTOMER_ID}}": "customer",
    "cus_9s6XKzkNRiz8i3": "customer",
    "{{ENTITLEMENTS_FEATURE_ID}}": "entitlements.feature",
    "feat_test_61QGU1MWyFMSP9YBZ41ClCIKljWvsTgu": "entitlements.feature",
    "{{PRODUCT_FEATURE_ID}}": "product_feature",
    "ent_test_61QG5x2cU1GluFTYs41JqiESbLiX8C8O": "entitlements.active_entitlement",
    "{entitlementId}": "entitlements.active_entitlement",
}
"""What kind of object each id is of that the pages print."""

LEFT_OUT = {"livemode", "active", "metadata"}
"""Fields that an abridged answer leaves out."""

FIXED = {"object", "livemode", "active", "url", "has_more", "featureType", "status", "hasAccess", "activeTo"}
"""Fields whose very values are shown; of others the kind of value is."""


def as_it_is_here(command: str, known: Mapping[str, str], shop: Shop) -> str:
    """A command as printed, with this host, ids that are there, and a key."""
    command = re.sub(r"https://api\.(stripe\.com|paygentic\.io)", shop.address, command)
    command = command.replace("sk_test_EXAMPLE", "$KEY").replace("'Authorization: Bearer <token>'", '"$AUTHORIZATION"')
    for printed, kind in PRINTED.items():
        command = command.replace(printed, known[kind])
    return command.strip()


def answered(command: str, secret: str) -> Json:
    """What a command prints."""
    variables = {"PATH": os.environ["PATH"], "KEY": secret, "AUTHORIZATION": f"Authorization: Bearer {secret}"}
    ran = subprocess.run(["bash", "-uc", f"{command} -s"], env=variables, capture_output=True, check=True)
    return json.loads(ran.stdout)


def contradictions(shown: Json, answer: Json, *, abridged: bool, at: str = "") -> list[str]:
    """Where an answer differs from what a page shows, in more than what must."""
    if type(shown) is not type(answer):
        return [f"{at}: {answer!r} for {shown!r}"]
    if isinstance(shown, list):
        [one] = cast("list[Json]", shown)
        every = answer or ["nothing"]
        return [found for each in every for found in contradictions(one, each, abridged=abridged, at=f"{at}[]")]
    if not isinstance(shown, dict):
        return [f"{at}: {answer!r}"] if at.rpartition("/")[2] in FIXED and shown != answer else []
    fields = cast("dict[str, Json]", shown)
    found = [f"{at}/{name}" for name in fields.keys() ^ answer.keys() - (LEFT_OUT if abridged else set())]
    for name in fields.keys() & answer.keys():
        found += contradictions(fields[name], answer[name], abridged=abridged, at=f"{at}/{name}")
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_each_is_answered_with_the_fields_that_its_page_shows(shop: Shop) -> None:
    def walk() -> dict[str, str]:
        customer, product = shop.customer(), shop.product("sso")
        shop.subscribe(customer, product)
        [entitlement] = shop.stripe.v1.entitlements.active_entitlements.list({"customer": customer}).data
        known = {"customer": customer, "product": product, "entitlements.active_entitlement": entitlement.id}
        return {**dict.fromkeys(PRINTED.values(), "none_yet"), **known}

    known = await shop.use(walk)
    for each in COMMANDS:
        command = as_it_is_here(each["text"], known, shop)
        answer = await shop.use(lambda command=command: answered(command, shop.caller.secret))
        assert "error" not in answer, (command, answer)
        if "answer" in each:
            shown = json.loads(each["answer"])
            found = contradictions(shown, answer, abridged=each.get("abridged", False))
            assert found == [], command
        known[answer["object"]] = answer.get("id", "")


def test_each_page_that_this_is_modelled_on_has_its_commands_here() -> None:
    commands = [each["text"] for each in COMMANDS]

    assert len(commands) == len(set(commands)) == 10
    assert all(command.strip().startswith("curl ") for command in commands)
