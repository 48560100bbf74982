"""Compiled execution and graphql-core answer any query over the real schema alike: equal data, equal errors.

3,000 generated documents in all, over both databases, of which a third at the least finds something. A third is asked
by a customer's session, a third by a key that may read the catalogue alone. FUZZ_COMPILED asks for more, and FUZZ_SEED
for others.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncGenerator
from random import Random
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLError, print_ast
from strawberry.types import ExecutionResult

from entitlements.facts import CustomerId
from execution import Result
from gateway.executing import execute
from gateway.preparing.limits import NO_LIMITS
from gateway.preparing.preparation import Preparation
from resolvers.callers import Caller, CallerKind, Scope, holder_of
from resolvers.context import new_context
from schema.build import CORE_SCHEMA
from storage.database import Database
from tests.compiled.comparing import explained
from tests.fuzz.documents import SCHEMA, valid_queries
from tests.fuzz.generating import each_of
from tests.fuzz.grounding import ground
from tests.fuzz.pool import Pool
from tests.fuzz.scene import START
from tests.operations.api import Api
from tests.operations.inhabitants import furnish

Json = Any

DOCUMENTS = int(os.environ.get("FUZZ_COMPILED", "3000")) // 2
"""On each of the databases."""

_FAITHS = (0.5, 0.9, 1.0)

pytestmark = pytest.mark.timeout(900)


class Stage:
    """An environment with something in it, and two ways to ask for it."""

    def __init__(self, api: Api, callers: list[Caller], pool: Pool, seed: int) -> None:
        self.api = api
        self.callers = callers
        self.pool = pool
        self.random = Random(seed)  # noqa: S311 - it is to be foreseeable
        self.outcomes: Counter[str] = Counter()
        self.differences: list[str] = []
        self._compiled = Preparation(CORE_SCHEMA, NO_LIMITS, compiled=True)
        self._by_core = Preparation(CORE_SCHEMA, NO_LIMITS)

    async def compare(self, document: DocumentNode) -> None:
        """Asks in both ways, and notes what became of it."""
        text = print_ast(ground(document, SCHEMA, self.pool, self.random, self.random.choice(_FAITHS)))
        caller = self.random.choice(self.callers)
        found = await self._ask(self._compiled, text, caller)
        expected = await self._ask(self._by_core, text, caller)
        self.pool.learn(found.data)
        self.outcomes.update(["asked", "failed" if found.errors else "went well"])
        self.outcomes["with data"] += any((found.data or {}).values())
        if _shown(found) == _shown(expected):
            return
        if _as_at_any_time(found) == _as_at_any_time(expected):
            self.outcomes["other errors in time"] += 1
        else:
            self.differences.append(f"{text}\n  compiled: {_shown(found)}\n  by graphql-core: {_shown(expected)}")

    async def _ask(self, preparation: Preparation, text: str, caller: Caller) -> ExecutionResult:
        prepared = preparation.prepare(text, trusted=True)
        if prepared.errors:
            self.outcomes["invalid"] += 1
            return ExecutionResult(data=None, errors=list(prepared.errors))
        context = new_context(self.api.database, self.api.environment, caller)
        return await execute(prepared, prepared.operation(None), None, context, self._note_fallback)

    def _note_fallback(self, reason: str) -> None:
        self.outcomes[f"fell back: {reason}"] += 1


def test_any_query_is_answered_as_by_graphql_core(database_url: str) -> None:
    seed = int(os.environ.get("FUZZ_SEED", "1"))
    with asyncio.Runner() as runner:
        opening = _stage(database_url, seed)
        stage = runner.run(anext(opening))
        try:
            each_of(valid_queries(), DOCUMENTS, seed, lambda document: runner.run(stage.compare(document)))
        finally:
            runner.run(opening.aclose())

    shortest = min(stage.differences, key=len, default="")
    assert not stage.differences, f"{len(stage.differences)} differences, the shortest: {shortest}"
    assert stage.outcomes["asked"] >= DOCUMENTS * 0.99
    assert stage.outcomes["with data"] > DOCUMENTS / 3, stage.outcomes
    assert stage.outcomes["failed"] > DOCUMENTS / 20, stage.outcomes
    # A root field that may not be null leaves nothing of the answer, and whatever fails after it isn't reported.
    assert stage.outcomes["other errors in time"] < DOCUMENTS / 20, stage.outcomes
    assert not [outcome for outcome in stage.outcomes if outcome.startswith("fell back")], stage.outcomes


async def _stage(database_url: str, seed: int) -> AsyncGenerator[Stage]:
    database = Database.open(database_url)
    try:
        api = await Api.open(database, at=START)
        pool = Pool()
        for label in ("one room", "another room", "a third room"):
            known = await furnish(api, label)
            keys = {"lookupKey": [known.keys[kind] for kind in ("feature", "other feature", "product")]}
            pool.learn({**keys, "ids": list(known.ids.values()), "externalId": known.keys["customer"]})
        environment = api.environment
        reader = Caller("key_reader", CallerKind.API_KEY, environment, (Scope.CATALOG_READ,))
        session = Caller("cs_one", CallerKind.CUSTOMER_SESSION, environment, customer=CustomerId(known.ids["customer"]))
        yield Stage(api, [holder_of(api.credential), reader, session], pool, seed)
    finally:
        await database.close()


def _shown(result: ExecutionResult) -> tuple[str, list[str]]:
    """The data to the order of its keys; the errors with what is behind them, in any order."""
    return json.dumps(result.data), sorted(map(_shown_error, result.errors or ()))


def _as_at_any_time(result: ExecutionResult) -> tuple[str, dict[str, list[str]]]:
    """What is the same whichever of several failures came first that left the same place null."""
    return json.dumps(result.data), explained(Result(result.data, list(result.errors or ())))


def _shown_error(error: GraphQLError) -> str:
    return json.dumps(error.formatted, default=str) + repr(error.original_error)
