"""What docs/subscriptions.md shows is what works."""

import re
from pathlib import Path

from tests.service.event_streams import event_stream
from tests.service.serving import Caller
from tests.service.watching import ACME, grant, keys, revoke, session_of, set_up

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "subscriptions.md").read_text(encoding="utf-8")
FOLLOW, SILENCE = [(DOCS / "examples" / name).read_text(encoding="utf-8") for name in ("follow.mjs", "silence.mjs")]


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_shows_the_code_that_real_clients_are_tested_with() -> None:
    assert _blocks("js")[:2] == [FOLLOW, SILENCE]


async def test_the_operations_of_the_page_are_answered(caller: Caller, server: str) -> None:
    await set_up(caller)
    await grant(caller, "sso")
    changes, start = _blocks("graphql")
    [followed] = re.findall(r"`(\s+subscription .*?)`", FOLLOW, re.DOTALL)
    key, (_, caller.secret) = caller.secret, await session_of(caller)

    begun = (await caller.ask(start))["viewer"]["customer"]
    async with (
        event_stream(server, key, changes, customer=ACME, afterRevision=0) as by_key,
        event_stream(server, caller.secret, followed, afterRevision=0) as by_session,
    ):
        answers = [await by_key.next(), await by_session.next()]

    assert (begun["revision"], keys(begun["entitlements"]["nodes"])) == (1, ["sso"])
    for answer in answers:
        assert "errors" not in answer
        assert keys(answer["data"]["entitlementsChanged"]["added"]) == ["sso"]


async def test_the_stream_of_the_page_is_what_is_sent(caller: Caller, server: str) -> None:
    await set_up(caller)
    await revoke(caller, await grant(caller, "sso"))
    for key in ("sso", "audit"):
        await grant(caller, key)
    [shown] = re.findall(r"^HTTP/1.1 200 OK\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    head, _, body = shown.partition("\n\n")
    query = 'subscription { entitlementsChanged(customer: {externalId: "acme"}, afterRevision: 3) { revision } }'

    async with event_stream(server, caller.secret, query) as stream:
        frames = [await stream.frame(), await stream.frame()]
        await caller.do("deleteCustomer", "customer { id }", customer=ACME)
        await stream.frame()
        frames.append(await stream.frame())

    for line in head.splitlines():
        name, _, value = line.partition(": ")
        assert stream.response.headers[name] == value
    assert frames == body.strip().split("\n\n")
