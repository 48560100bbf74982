"""How soon a change reaches a browser: written at one process, followed as server-sent events at another.

Over PostgreSQL, and over one SQLite file. The machine is idle otherwise: changes come one at a time, at random pauses,
so that none is in step with what the processes do by themselves now and then.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.servers import Kind, Server, admittance, serving
from benchmarks.steady import connect, read_answer, request_of
from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from storage.migrations import migrate
from tests.service.event_streams import event_stream

_FOLLOW = """subscription ($customer: CustomerBy!) {
  entitlementsChanged(customer: $customer, afterRevision: 0) {
    revision
    snapshot
    added { lookupKey }
    removed { lookupKey }
  }
}"""
_CUSTOMER = {"externalId": "follower"}
_PAUSE_SECONDS = (0.03, 0.12)


@dataclass(frozen=True, slots=True)
class Told:
    """Seconds from when a mutation was sent: until it was answered, and until its event came from the other process."""

    database: str
    answered: list[float] = field(default_factory=list[float])
    told: list[float] = field(default_factory=list[float])

    def milliseconds(self) -> tuple[float, float, float]:
        """The median of the answers, and the median and 99th percentile of the events."""
        median, p99 = statistics.median(self.told), statistics.quantiles(self.told, n=100)[98]
        return statistics.median(self.answered) * 1000, median * 1000, p99 * 1000


def measure_telling(urls: Mapping[str, str], changes: int, folder: Path, cores: tuple[int, int]) -> list[Told]:
    """So many changes over each database, by its name; an environment is made in it, and its tables if need be.

    Raises SystemExit if one isn't told, or isn't told at its turn.
    """
    return [_measure(name, url, changes, folder, cores) for name, url in urls.items()]


def _measure(name: str, url: str, changes: int, folder: Path, cores: tuple[int, int]) -> Told:
    secret = asyncio.run(_prepare(url))
    kinds = [_kind(name, process, url, secret) for process in ("writing", "following")]
    with ExitStack() as stack:
        writing, following = [
            stack.enter_context(serving(kind, core, folder / f"{kind.name}.log"))
            for kind, core in zip(kinds, cores, strict=True)
        ]
        told = Told(name)
        asyncio.run(_change_and_follow(writing, following, secret, changes, told))
    return told


def _kind(name: str, process: str, url: str, secret: str) -> Kind:
    return admittance(url, secret, f"{name}, {process}")


async def _prepare(url: str) -> str:
    database = Database.open(url)
    await migrate(database)
    environment = await create_environment(database, "telling", livemode=False)
    _, secret = await create_key(database, environment.id, "telling", (EVERY_SCOPE,))
    await database.close()
    return secret


async def _change_and_follow(writing: Server, following: Server, secret: str, changes: int, told: Told) -> None:
    await _do(writing, "createFeature", {"name": "SSO", "lookupKey": "sso"}, "feature { id }")
    await _do(writing, "createCustomer", _CUSTOMER, "customer { id }")
    lots = random.Random(1)  # noqa: S311 - no secret
    grant: str | None = None
    base = following.url.removesuffix(following.kind.path)
    async with event_stream(base, secret, _FOLLOW, customer=_CUSTOMER) as events:
        for revision in range(1, changes + 1):
            await asyncio.sleep(lots.uniform(*_PAUSE_SECONDS))
            began = time.perf_counter()
            coming = asyncio.create_task(events.next())
            grant = await _grant_or_revoke(writing, grant)
            told.answered.append(time.perf_counter() - began)
            event = (await coming)["data"]["entitlementsChanged"]
            told.told.append(time.perf_counter() - began)
            if event["revision"] != revision:
                raise SystemExit(f"Revision {revision} was to be told, and it was {event['revision']}.")


async def _grant_or_revoke(server: Server, grant: str | None) -> str | None:
    if grant is not None:
        await _do(server, "revokeGrant", {"grantId": grant}, "grant { id }")
        return None
    given = {"customer": _CUSTOMER, "feature": {"lookupKey": "sso"}}
    return (await _do(server, "grantEntitlement", given, "grant { id }"))["grant"]["id"]


async def _do(server: Server, mutation: str, given: Mapping[str, Any], fields: str) -> Any:  # noqa: ANN401 - JSON
    """The payload of a mutation. Raises SystemExit if it is refused."""
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input!"
    query = f"mutation ($input: {type_}) {{ {mutation}(input: $input) {{ {fields} userErrors {{ message }} }} }}"
    reader, writer = await connect(server)
    with closing(writer):
        writer.write(request_of(server, json.dumps({"query": query, "variables": {"input": given}}).encode()))
        answer = json.loads(await read_answer(reader))
    if "errors" in answer or answer["data"][mutation]["userErrors"]:
        raise SystemExit(f"{server.kind.name} refused: {answer}")
    return answer["data"][mutation]
