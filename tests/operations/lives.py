"""Lives: sandboxes with a small catalogue and two customers each, to whom things happen by lot, and what is read then.

Whatever can be written is written through the schema, legal or not: what isn't is refused, and then nothing happened.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from entitlements.facts import CatalogRollout, SubscriptionStatus, TrialEndBehavior
from resolvers.shared import SharedReads
from storage.database import Database
from storage.errors import ClockRefused
from tests.operations.api import Api, Json
from tests.operations.conftest import START

DAY = timedelta(days=1)
STEPS = 25
PERIODS: tuple[Json, ...] = (
    {"interval": "DAY", "intervalCount": 3},
    {"interval": "WEEK"},
    {"interval": "MONTH"},
    {"interval": "YEAR"},
)
SELECTIONS = {
    "createSubscription": "subscription { id items { id } }",
    "updateSubscription": "subscription { id items { id } }",
    "grantEntitlement": "grant { id }",
    "attachFeature": "productFeature { id }",
}
READ = """query Q($id: ID!) {
    customer(by: {id: $id}) { revision nextChangeAt entitlements(first: 100) { nodes { feature { id } activeTo } } }
}"""

Deed = tuple[str, Json]
"""A mutation and its input."""


@dataclass(frozen=True)
class Reading:
    """What a query said of a customer while the clock stood somewhere: the revision, and until when it may use what."""

    clock: datetime
    revision: int
    ends: dict[str, datetime | None]
    next_change: datetime | None


@dataclass
class Person:
    """A customer of a life. `writes`: what was read right before and right after each write of its own."""

    id: str
    subscriptions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    grants: list[str] = field(default_factory=list[str])
    readings: list[Reading] = field(default_factory=list[Reading])
    writes: list[tuple[Reading, Reading]] = field(default_factory=list[tuple[Reading, Reading]])


@dataclass
class Life:
    """One sandbox. `done`: the mutations that weren't refused."""

    api: Api
    lot: Random
    at: datetime = START
    features: list[str] = field(default_factory=list[str])
    products: list[str] = field(default_factory=list[str])
    attachments: list[str] = field(default_factory=list[str])
    living: list[Person] = field(default_factory=list[Person])
    gone: list[Person] = field(default_factory=list[Person])
    done: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    async def lived(cls, database: Database, shared: SharedReads, number: int) -> "Life":
        """The life of this number, until half a year after its last write."""
        api = await Api.open(database, f"life {number}", START, shared)
        life = cls(api, Random(number))  # noqa: S311 (no secret)
        life.features = [await api.feature(f"feature {n}") for n in range(4)]
        life.products = [await api.product(f"product {n}", f"feature {n}") for n in range(2)]
        life.living = [Person(await api.customer(f"customer {n}")) for n in range(2)]
        for _ in range(STEPS):
            await life._go_on()
        # What happens then is announced by workers alone.
        life.at += 180 * DAY
        await api.move_to(life.at)
        return life

    @property
    def people(self) -> list[Person]:
        """All customers there ever were."""
        return [*self.living, *self.gone]

    async def _go_on(self) -> None:
        """The next thing that happens: mostly a customer's own write."""
        happens = self.lot.choice((self._write_own,) * 5 + (self._write_catalogue,) * 3 + (self._move_clock,) * 4)
        await happens()
        if self.lot.random() < 0.02:
            await self._replace_customer()
        for person in self.living:
            person.readings.append(await self._read(person))

    async def _write_own(self) -> None:
        person = self.lot.choice(self.living)
        fitting = [self._subscribe, self._grant]
        if person.subscriptions:
            # Most moves of a status are refused.
            fitting += [self._report] * 4 + [self._change_items] * 2 + [self._edit, self._cancel]
        if person.grants:
            fitting.append(self._revoke)
        before = await self._read(person)
        made = await self._try(*self.lot.choice(fitting)(person))
        if made is None:
            return
        person.writes.append((before, await self._read(person)))
        if subscription := made.get("subscription"):
            person.subscriptions[subscription["id"]] = [each["id"] for each in subscription.get("items", ())]
        if grant := made.get("grant"):
            person.grants.append(grant["id"])

    async def _write_catalogue(self) -> None:
        fitting: list[Callable[[], Deed]] = [self._attach, self._attach]
        if self.attachments:
            fitting += [self._detach, self._detach]
        if self.lot.random() < 0.1:
            fitting.append(self._archive)
        made = await self._try(*self.lot.choice(fitting)())
        if made and "productFeature" in made:
            self.attachments.append(made["productFeature"]["id"])

    async def _move_clock(self) -> None:
        """On by days, or to the very instant of a change to come; as real time goes, or in the order of all changes."""
        ahead = [person.readings[-1].next_change for person in self.living if person.readings]
        at = self.lot.choice([self._later(), *(at for at in ahead if at)])
        if self.lot.random() < 0.5:
            viewer = await self.api.run("{ viewer { environment { testClock { id } } } }")
            clock = viewer["viewer"]["environment"]["testClock"]["id"]
            moved = await self._try("advanceTestClock", {"id": clock, "frozenTime": at.isoformat()})
            self.at = at if moved else self.at
            return
        with suppress(ClockRefused):
            await self.api.move_to(at)
            self.at = at

    async def _replace_customer(self) -> None:
        person = self.living.pop(0)
        self.gone.append(person)
        person.readings.append(await self._read(person))
        await self._try("deleteCustomer", {"customer": {"id": person.id}})
        self.living.append(Person(await self.api.customer(f"customer {len(self.people)}")))

    def _subscribe(self, person: Person) -> Deed:
        trial = self.lot.choice((None, None, self._later().isoformat()))
        items = [self._item() for _ in range(self.lot.choice((1, 2)))]
        began = self.at - self.lot.choice((0, 1, 40)) * DAY
        return "createSubscription", {
            "customer": {"id": person.id},
            "items": items,
            "incomplete": self.lot.random() < 0.2,
            "startedAt": began.isoformat(),
            "trialEnd": trial,
            "trialEndBehavior": self.lot.choice(tuple(TrialEndBehavior)),
            "cancelAt": self.lot.choice((None, None, None, self._later().isoformat())),
        }

    def _report(self, person: Person) -> Deed:
        status = self.lot.choice(tuple(SubscriptionStatus))
        return "setSubscriptionStatus", {"id": self._one(person), "status": status}

    def _change_items(self, person: Person) -> Deed:
        subscription = self._one(person)
        items = person.subscriptions[subscription]
        changes = [{"add": self._item()}]
        if items:
            item, other = self.lot.choice(items), {"id": self.lot.choice(self.products)}
            changed = ({"quantity": self.lot.choice((0, 1, 3))}, {"product": other}, self.lot.choice(PERIODS))
            changes += [{"remove": item}, *({"update": {"id": item, **each}} for each in changed)]
        return "updateSubscription", {"id": subscription, "items": [self.lot.choice(changes)]}

    def _edit(self, person: Person) -> Deed:
        edits = (
            {"trialEnd": self._later().isoformat()},
            {"endTrialNow": True},
            {"cancelAt": self._later().isoformat()},
            {"cancelAt": None},
            {"cancelAtPeriodEnd": self.lot.random() < 0.7},
        )
        return "updateSubscription", {"id": self._one(person), **self.lot.choice(edits)}

    def _cancel(self, person: Person) -> Deed:
        return "cancelSubscription", {"id": self._one(person), "atPeriodEnd": self.lot.random() < 0.6}

    def _grant(self, person: Person) -> Deed:
        given: Json = {"customer": {"id": person.id}, "feature": {"id": self.lot.choice(self.features)}}
        begins = self.lot.choice((None, self._later()))
        ends = self.lot.choice((None, (begins or self.at) + self.lot.randrange(1, 20) * DAY))
        dates = {"activeFrom": begins, "activeTo": ends}
        return "grantEntitlement", given | {name: at.isoformat() for name, at in dates.items() if at}

    def _revoke(self, person: Person) -> Deed:
        return "revokeGrant", {"grantId": self.lot.choice(person.grants)}

    def _attach(self) -> Deed:
        pair = {"product": {"id": self.lot.choice(self.products)}, "feature": {"id": self.lot.choice(self.features)}}
        return "attachFeature", pair | {"rollout": self.lot.choice(tuple(CatalogRollout))}

    def _detach(self) -> Deed:
        attachment = self.attachments.pop(self.lot.randrange(len(self.attachments)))
        return "detachFeature", {"productFeatureId": attachment, "rollout": self.lot.choice(tuple(CatalogRollout))}

    def _archive(self) -> Deed:
        return "archiveFeature", {"feature": {"id": self.lot.choice(self.features)}}

    def _item(self) -> Json:
        product = {"id": self.lot.choice(self.products)}
        return {"product": product, "quantity": self.lot.choice((1, 1, 0)), **self.lot.choice(PERIODS)}

    def _one(self, person: Person) -> str:
        return self.lot.choice(list(person.subscriptions))

    def _later(self) -> datetime:
        """An instant ahead. Days are whole, so that many things happen at one instant."""
        return START + ((self.at - START) // DAY + self.lot.choice((1, 2, 3, 7, 20, 45))) * DAY

    async def _try(self, mutation: str, given: Json) -> Json:
        """What a mutation answers; None if it was refused."""
        payload = await self.api.try_mutation(mutation, SELECTIONS.get(mutation, "__typename"), **given)
        if payload["userErrors"]:
            return None
        self.done[mutation] += 1
        return payload

    async def _read(self, person: Person) -> Reading:
        seen = (await self.api.run(READ, id=person.id))["customer"]
        ends = {node["feature"]["id"]: _instant(node["activeTo"]) for node in seen["entitlements"]["nodes"]}
        return Reading(self.at, seen["revision"], ends, _instant(seen["nextChangeAt"]))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
