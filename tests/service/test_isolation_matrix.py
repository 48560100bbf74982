"""What nobody without the right learns: every place of the schema, asked by every kind of wrong caller, over HTTP.

A place is a root field, a mutation, an argument that can name something, or an id. What is there for somebody else
answers, in body and status, exactly as what never was. tests/operations/test_isolation.py walks further, to every
reference in an input and every object below; this is about credentials.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key, revoke_key
from storage.database import Database
from storage.environments import create_environment
from storage.records import Environment
from tests.operations.api import Api, Json
from tests.operations.inhabitants import INPUTS, OBJECTS, Known, furnish, names_at, unknown
from tests.operations.schema_walk import SUBSCRIPTIONS, document, places, root_fields, selection
from tests.service.identity_provider import Provider, providing, signed
from tests.service.serving import NO_TLS, serving

PLACES = list(places())
EVENTS = "text/event-stream"


@dataclass
class Scene:
    """A running application, an environment that asks, one that has something, and what there is in both."""

    client: httpx2.AsyncClient
    database: Database
    mine: Environment
    known: Known
    theirs: Environment
    their_known: Known
    provider: Provider

    async def ask(
        self, credential: str | None, query: str, *, accept: str = "*/*", **variables: Json
    ) -> tuple[int, str]:
        """Status and body of an answer."""
        headers = {"Accept": accept} | ({} if credential is None else {"Authorization": f"Bearer {credential}"})
        response = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return response.status_code, response.text

    async def session(self, environment: Environment, customer: str) -> str:
        """The token of a session of a customer, by external id."""
        api = await _api(self.database, environment)
        given = {"customer": {"externalId": customer}}
        return (await api.mutate("createCustomerSession", "token", **given))["token"]


async def _api(database: Database, environment: Environment) -> Api:
    credential, _ = await create_key(database, environment.id, "furnishing", (EVERY_SCOPE,))
    return Api(database, environment, credential)


@pytest.fixture
async def scene(database_url: str, database: Database) -> AsyncGenerator[Scene]:
    """Two furnished environments, and a provider whose tokens open sessions in the second."""
    mine = await create_environment(database, "mine", livemode=False)
    theirs = await create_environment(database, "theirs", livemode=False)
    known = await furnish(await _api(database, mine), "mine")
    their_known = await furnish(await _api(database, theirs), "their")
    async with providing(datetime.now(UTC)) as provider:
        settings = provider.settings(environment="theirs", algorithms=("RS256",))
        with serving(database_url, identity_providers=(settings,), failure_rate="1000000/minute") as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                yield Scene(client, database, mine, known, theirs, their_known, provider)


def _by_public_key(scene: Scene) -> str:
    """A token signed with what everybody knows, as if that were a shared secret."""
    public = scene.provider.keys[0].private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "JWT", "kid": scene.provider.keys[0].kid}
    algorithm = jwt.get_algorithm_by_name("HS256")
    # The library won't take such a key to sign with; whoever attacks isn't held back by that.
    return signed(header, scene.provider.claims(), lambda message: algorithm.sign(message, pem))


def _unsigned(scene: Scene) -> str:
    return signed({"alg": "none", "typ": "JWT"}, scene.provider.claims(), lambda _: b"")


def _tampered(scene: Scene) -> str:
    """The signature of one customer's token under the claims of another's."""
    acme, other = scene.provider.mint().split("."), scene.provider.mint(sub="their customer").split(".")
    return ".".join((acme[0], other[1], acme[2]))


WRONG_TOKENS: dict[str, Callable[[Scene], str | None]] = {
    "no credential": lambda _: None,
    "unknown key": lambda _: f"adm_mine_{sha256(b'guess').hexdigest()[:43]}",
    "unknown session": lambda _: f"adms_mine_{sha256(b'guess').hexdigest()[:43]}",
    "expired": lambda scene: scene.provider.mint(exp=int((scene.provider.now - timedelta(hours=1)).timestamp())),
    "not yet valid": lambda scene: scene.provider.mint(nbf=int((scene.provider.now + timedelta(hours=1)).timestamp())),
    "wrong audience": lambda scene: scene.provider.mint(aud="https://elsewhere.example.com"),
    "wrong issuer": lambda scene: scene.provider.mint(iss="https://elsewhere.example.com"),
    "alg: none": _unsigned,
    "HS256 by the public key": _by_public_key,
    "tampered": _tampered,
}


def _mutation(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    selection_ = "userErrors { code field message existing { id } }"
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection_} }} }}"


def test_the_matrix_covers_every_root_field() -> None:
    queries = {place.field for place in PLACES if place.parent == "Query"} | {"viewer"}
    assert root_fields() == queries | INPUTS.keys() | SUBSCRIPTIONS.keys()


@pytest.mark.parametrize("wrong", WRONG_TOKENS)
async def test_a_wrong_credential_learns_one_and_the_same_thing_everywhere(scene: Scene, wrong: str) -> None:
    token = WRONG_TOKENS[wrong](scene)
    status, body = await scene.ask(token, "{ viewer { id } }")

    assert status == 401
    assert '"code":"UNAUTHENTICATED"' in body
    for place in PLACES:
        for value in names_at(place, scene.their_known, None):
            query = document(place, selection(place))
            parent = scene.their_known.ids[OBJECTS[place.parent]]
            assert await scene.ask(token, query, id=parent, value=value) == (status, body), place
    for name, given in INPUTS.items():
        variables = given(scene.their_known, scene.their_known)
        assert await scene.ask(token, _mutation(name), input=variables) == (status, body), name
    for query in SUBSCRIPTIONS.values():
        for value in (None, *scene.their_known.by("customer")):
            assert await scene.ask(token, query, accept=EVENTS, value=value) == (status, body), query


async def test_a_credential_that_was_taken_back_or_ran_out_is_as_wrong(scene: Scene) -> None:
    made, secret = await create_key(scene.database, scene.mine.id, "short", (EVERY_SCOPE,))
    ran_out = datetime(2026, 1, 1, tzinfo=UTC)
    _, expired = await create_key(scene.database, scene.mine.id, "old", (EVERY_SCOPE,), expires_at=ran_out)
    session = await scene.session(scene.mine, scene.known.keys["customer"])
    before = [await scene.ask(each, "{ viewer { kind } }") for each in (secret, session)]
    await revoke_key(scene.database, made.id)
    api = await _api(scene.database, scene.mine)
    held = await scene.ask(session, "{ viewer { id } }")
    await api.mutate("revokeCustomerSession", id=held[1].split('"id":"')[1].split('"')[0])

    after = [await scene.ask(each, "{ viewer { kind } }") for each in (secret, session, expired)]

    assert [status for status, _ in before] == [200, 200]
    assert [status for status, _ in after] == [401, 401, 401]


@pytest.mark.parametrize("asking", ["a key", "a session", "a token of the sign-in"])
async def test_what_is_somebody_elses_answers_as_what_never_was(scene: Scene, asking: str) -> None:
    """A key of another environment; a session of another customer in the same one, by our token and by a provider's."""
    nothing, foreign = unknown(), scene.their_known
    if asking == "a key":
        _, credential = await create_key(scene.database, scene.mine.id, "mine", (EVERY_SCOPE,))
    else:
        api = await _api(scene.database, scene.theirs)
        await api.customer("somebody")
        session = await scene.session(scene.theirs, "somebody")
        credential = session if asking == "a session" else scene.provider.mint(sub="somebody")
        # The catalogue is everybody's in the environment.
        keep = {"feature", "other feature", "product", "attachment", "environment"}
        nothing.ids.update({kind: foreign.ids[kind] for kind in keep})
        nothing.keys.update({kind: foreign.keys[kind] for kind in keep & foreign.keys.keys()})

    for place in PLACES:
        parents = foreign.ids[OBJECTS[place.parent]], nothing.ids[OBJECTS[place.parent]]
        query = document(place, selection(place))
        for theirs, none in zip(names_at(place, foreign, None), names_at(place, nothing, None), strict=True):
            real = await scene.ask(credential, query, id=parents[0], value=theirs)
            assert real == await scene.ask(credential, query, id=parents[1], value=none), place
    for name, given in INPUTS.items():
        if name.startswith("create"):
            # What these name is the caller's own to give; references in them are walked elsewhere.
            continue
        real = await scene.ask(credential, _mutation(name), input=given(foreign, foreign))
        assert real == await scene.ask(credential, _mutation(name), input=given(nothing, nothing)), name
    for query in SUBSCRIPTIONS.values():
        for theirs, none in zip(foreign.by("customer"), nothing.by("customer"), strict=True):
            real = await scene.ask(credential, query, accept=EVENTS, value=theirs)
            assert real == await scene.ask(credential, query, accept=EVENTS, value=none), query
            assert '"code":"NOT_FOUND"' in real[1], query


async def test_a_key_without_a_scope_learns_nothing_of_what_is_there(scene: Scene) -> None:
    _, credential = await create_key(scene.database, scene.theirs.id, "few", ())
    nothing, there = unknown(), scene.their_known

    for place in PLACES:
        query = document(place, selection(place))
        for real, none in zip(names_at(place, there, None), names_at(place, nothing, None), strict=True):
            if real == there.ids["environment"]:
                continue
            status, body = await scene.ask(credential, query, id=there.ids[OBJECTS[place.parent]], value=real)
            again = await scene.ask(credential, query, id=nothing.ids[OBJECTS[place.parent]], value=none)
            assert (status, body) == again or isinstance(real, list), place
            assert '"code":"FORBIDDEN"' in body, place
            assert not [id_ for kind, id_ in there.ids.items() if id_ in body and kind != "environment"], place
    for name, given in INPUTS.items():
        _, body = await scene.ask(credential, _mutation(name), input=given(there, there))
        assert '"code":"FORBIDDEN"' in body, name
        assert (200, body) == await scene.ask(credential, _mutation(name), input=given(nothing, nothing)), name
    for query in SUBSCRIPTIONS.values():
        real = await scene.ask(credential, query, accept=EVENTS, value=there.by("customer")[0])
        assert real == await scene.ask(credential, query, accept=EVENTS, value=nothing.by("customer")[0])
        assert '"code":"FORBIDDEN"' in real[1], query


async def test_a_session_may_change_nothing(scene: Scene) -> None:
    session = await scene.session(scene.theirs, scene.their_known.keys["customer"])

    for name, given in INPUTS.items():
        _, body = await scene.ask(session, _mutation(name), input=given(scene.their_known, scene.their_known))
        assert f'{{"data":{{"{name}":null}}' in body, name
        assert '"code":"FORBIDDEN"' in body, name
