"""The running application with something in it, and three kinds of callers who send it what was generated."""

import asyncio
import json
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx2

from storage.credentials import create_key
from storage.database import Database
from tests.fuzz.pool import Pool
from tests.fuzz.verdict import body_of, codes_of, objections, reaches
from tests.operations.api import Api
from tests.operations.inhabitants import furnish
from tests.service.serving import NO_TLS, serving

Json = Any

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
_FURNISHED_EVERY = 150
"""Requests. Generated mutations delete, archive and cancel: without new things there would soon be nothing to find."""


@dataclass
class Scene:
    """What is there, who asks, and what became of it."""

    url: str
    client: httpx2.Client
    api: Api
    runner: asyncio.Runner
    random: Random
    secrets: dict[str, str]
    pool: Pool = field(default_factory=Pool)
    outcomes: Counter[str] = field(default_factory=Counter[str])
    findings: dict[str, Json] = field(default_factory=dict[str, Json])

    def send(self, query: str, variables: Json = None) -> tuple[str, httpx2.Response]:
        """Asks as one of the callers, mostly as the one who may do everything; answers who it was, and the answer."""
        if self.outcomes["sent"] % _FURNISHED_EVERY == 0:
            self._furnish()
        (name,) = self.random.choices(list(self.secrets), (8, 1, 1))
        body = {"query": query} if variables is None else {"query": query, "variables": variables}
        response = self._post(name, json.dumps(body))
        self._note(name, response, body)
        return name, response

    def object(self, objection: str, request: Json) -> None:
        """Keeps something that is wrong, with the first request that showed it."""
        self.findings.setdefault(objection, request)

    def _post(self, name: str, body: str) -> httpx2.Response:
        headers = {
            "Authorization": f"Bearer {self.secrets[name]}",
            "Content-Type": "application/json",
            "Accept": self.random.choice(("application/json", "application/graphql-response+json")),
        }
        return self.client.post("/graphql", content=body, headers=headers)

    def _note(self, name: str, response: httpx2.Response, request: Json) -> None:
        for objection in objections(response, json.dumps(request, ensure_ascii=False)):
            self.object(objection, request)
        body: Json = body_of(response) or {}
        data: Json = body.get("data")
        self.pool.learn(data)
        codes = sorted(codes_of(body)) or ["no error"]
        self.outcomes.update(["sent", f"as {name}", *codes])
        self.outcomes["carried out"] += "data" in body
        self.outcomes["with data"] += reaches(data)

    def _furnish(self) -> None:
        """Puts an object of every type into the environment; the next session is its customer's."""
        label = f"room {self.outcomes['sent']}"
        known = self.runner.run(furnish(self.api, label))
        keys = {"lookupKey": [known.keys[kind] for kind in ("feature", "other feature", "product")]}
        self.pool.learn({**keys, "ids": list(known.ids.values()), "externalId": known.keys["customer"]})
        customer = {"externalId": known.keys["customer"]}
        made = self.runner.run(self.api.mutate("createCustomerSession", "token", customer=customer))
        self.secrets["a customer"] = made["token"]


@contextmanager
def scene_over(database_url: str, seed: str) -> Generator[Scene]:
    """A scene over an empty database, every choice of which follows from the seed."""
    with (
        asyncio.Runner() as runner,
        serving(database_url) as url,
        httpx2.Client(base_url=url, timeout=60, verify=NO_TLS) as client,
    ):
        database = Database.open(database_url)
        try:
            api = runner.run(Api.open(database, at=START))
            secrets = {
                "a back end": runner.run(_key(api, "*")),
                "a key with few scopes": runner.run(_key(api, "catalog:read")),
                "a customer": "",
            }
            yield Scene(url, client, api, runner, Random(seed), secrets)  # noqa: S311 - it is to be foreseeable
        finally:
            runner.run(database.close())


async def _key(api: Api, *scopes: str) -> str:
    _, secret = await create_key(api.database, api.environment.id, "generated", scopes)
    return secret
