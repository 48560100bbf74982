"""What all operations of a process share: look-ups in flight, and facts kept while they are proved current.

Nothing here asks who may see what: that is for the operation's own loaders, which stand between this and a resolver.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from entitlements.facts import CustomerId, EnvironmentId, ProductFeature, ProductId
from resolvers.coalescing import Coalescer, Environments
from resolvers.following import Following
from resolvers.keeping import Kept
from resolvers.known import WorkedOut, compact, current_of, work_out
from resolvers.weights import CatalogueValue, weigh_catalogue_value, weigh_worked_out
from storage.credentials import load_credentials
from storage.current import load_current
from storage.customer_sessions import load_sessions_by_digest
from storage.database import Database
from storage.environments import load_environments_by_name
from storage.errors import RowUnreadable
from storage.facts import load_facts
from storage.kept import KeptAttachments, Lookup
from storage.product_features import load_attachments
from storage.records import Credential, CurrentCustomer, CustomerSession, Environment, LoadedFacts
from storage.wakeups import Wakeups

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Known = tuple[CurrentCustomer, WorkedOut]
"""A customer's row and versions, and what was worked out under them."""

CUSTOMERS_AT_ONCE = 250
"""Whose facts are loaded together: working out the timelines of more would hold up everybody else."""

CATALOGUE_ENTRIES = 100_000
_CATALOGUE_SHARE = 4


_Catalogue = Kept[tuple[Lookup[Any, Any], EnvironmentId, Hashable], CatalogueValue]
"""What is kept of the catalogue, by the look-up that found it."""


class SharedReads:
    """The reads of one process, which has one database. Ended by `close`.

    `kept_customers`: how many customers' facts are kept. `kept_bytes`: how much memory they and the catalogue may take,
    of which a quarter is the catalogue's; with 0 nothing is kept, and only speed changes.
    """

    def __init__(self, database: Database, *, kept_customers: int = 0, kept_bytes: int = 0) -> None:
        self._database = database
        catalogue_bytes = kept_bytes // _CATALOGUE_SHARE
        self.customers: Kept[tuple[EnvironmentId, CustomerId], WorkedOut] = Kept(
            entries=kept_customers, size_bytes=kept_bytes - catalogue_bytes, weigh=weigh_worked_out
        )
        self.catalogue: _Catalogue = Kept(
            entries=CATALOGUE_ENTRIES, size_bytes=catalogue_bytes, weigh=weigh_catalogue_value
        )
        self.attachments: KeptAttachments | None = None if self.catalogue.is_off else _Attachments(self.catalogue)
        self.wakeups = Wakeups(database)
        self.following = Following(database, self.wakeups)
        self._lookups: dict[Lookup[Any, Any], Environments[Any, Any]] = {}
        self._facts = Environments(self._load_facts, at_most=CUSTOMERS_AT_ONCE)
        self.credentials: Coalescer[str, Credential] = Coalescer(self._reading(load_credentials))
        self.sessions: Coalescer[str, CustomerSession] = Coalescer(self._reading(load_sessions_by_digest))
        self.environments: Coalescer[str, Environment] = Coalescer(self._reading(load_environments_by_name))

    async def close(self) -> None:
        """Ends every look-up and all following; nobody may ask any more."""
        await self.following.close()
        for lookup in (self.credentials, self.sessions, self.environments, self._facts, *self._lookups.values()):
            await lookup.close()

    async def look_up(self, lookup: Lookup[K, V], environment: EnvironmentId, keys: Sequence[K]) -> dict[K, V]:
        """What an environment has under some keys, by a statement that begins after this was asked for."""
        if lookup not in self._lookups:

            async def load(environment: EnvironmentId, keys: list[K]) -> Mapping[K, V]:
                async with self._database.read() as connection:
                    return await lookup(connection, environment, keys)

            self._lookups[lookup] = Environments(load)
        return await self._lookups[lookup].load_all(environment, keys)

    def at_hand(self, lookup: Lookup[K, V], environment: Environment, keys: Sequence[K]) -> list[V | None]:
        """What is kept of the catalogue that is true under the environment's version; None where nothing is."""
        named = [(lookup, environment.id, key) for key in keys]
        found: list[Any] = self.catalogue.find_all(named, _catalogue_stamp(environment))
        return found

    async def look_up_catalogue(self, lookup: Lookup[K, V], environment: Environment, keys: Sequence[K]) -> dict[K, V]:
        """As `look_up`, and keeps what it finds under the environment's version.

        The environment's row must be one that was read before. What is found is of that version or a later one, as it
        would be if nothing were kept. Keys under which there is nothing aren't remembered.
        """
        self.catalogue.missed += len(keys)
        found = await self.look_up(lookup, environment.id, keys)
        self.keep_catalogue(lookup, environment, found)
        return found

    def keep_catalogue(self, lookup: Lookup[K, V], environment: Environment, found: Mapping[K, V]) -> None:
        """Keeps what was found under the version of the environment, which was read before."""
        if not self.catalogue.is_off:
            stamp = _catalogue_stamp(environment)
            for key, value in found.items():
                kept: Any = value
                self.catalogue.keep((lookup, environment.id, key), stamp, kept)

    def known_at_hand(self, current: CurrentCustomer) -> WorkedOut | None:
        """What is kept of a customer that is true under its row and versions; None if nothing is."""
        return self.customers.find((current.environment, current.record.id), _stamp(current))

    async def know(
        self, environment: EnvironmentId, ids: Sequence[CustomerId], current: dict[CustomerId, CurrentCustomer]
    ) -> dict[CustomerId, Known | RowUnreadable]:
        """Customers with what the rule makes of their facts; unknown, foreign and deleted ones are absent.

        `current`: rows and versions that were read for the same operation; those that have to be read are added.
        """
        if self.customers.is_off:
            self.customers.missed += len(ids)
            return await self._facts.load_all(environment, ids)
        unproved = [customer for customer in ids if customer not in current]
        if unproved:
            current.update(await self.look_up(load_current, environment, unproved))
        found: dict[CustomerId, Known | RowUnreadable] = {}
        for customer in ids:
            if (proof := current.get(customer)) and (kept := self.known_at_hand(proof)):
                found[customer] = proof, kept
        missing = [customer for customer in ids if customer in current and customer not in found]
        self.customers.missed += len(missing)
        return found | await self._facts.load_all(environment, missing) if missing else found

    def keep(self, loaded: LoadedFacts, worked_out: WorkedOut) -> None:
        """Keeps what was worked out from facts that are committed."""
        if not self.customers.is_off:
            current = current_of(loaded)
            self.customers.keep((loaded.environment.id, loaded.customer.id), _stamp(current), compact(worked_out))

    async def _load_facts(
        self, environment: EnvironmentId, ids: list[CustomerId]
    ) -> Mapping[CustomerId, Known | RowUnreadable]:
        async with self._database.read() as connection:
            loaded = await load_facts(connection, environment, ids, kept=self.attachments)
        return {
            customer: facts if isinstance(facts, RowUnreadable) else self._worked_out(facts)
            for customer, facts in loaded.items()
        }

    def _worked_out(self, loaded: LoadedFacts) -> Known:
        worked_out = work_out(loaded)
        self.keep(loaded, worked_out)
        return current_of(loaded), worked_out

    def _reading(
        self, lookup: Callable[..., Awaitable[Mapping[K, V]]]
    ) -> Callable[[list[K]], Awaitable[Mapping[K, V]]]:
        async def load(keys: list[K]) -> Mapping[K, V]:
            async with self._database.read() as connection:
                return await lookup(connection, keys)

        return load


class _Attachments:
    """The attachments of products among what is kept of the catalogue: renaming a feature leaves them true."""

    def __init__(self, catalogue: _Catalogue) -> None:
        self._catalogue = catalogue

    def find(self, environment: Environment, product: ProductId) -> tuple[ProductFeature, ...] | None:
        found: Any = self._catalogue.find(self._key(environment, product), environment.attachments_version)
        self._catalogue.missed += found is None
        return found

    def keep(self, environment: Environment, product: ProductId, attachments: tuple[ProductFeature, ...]) -> None:
        self._catalogue.keep(self._key(environment, product), environment.attachments_version, attachments)

    def _key(self, environment: Environment, product: ProductId) -> tuple[Lookup[Any, Any], EnvironmentId, Hashable]:
        return load_attachments, environment.id, product


def _stamp(current: CurrentCustomer) -> Hashable:
    """What changes whenever facts or timeline may have. Source: storage.current."""
    return current.record.facts_version, current.record.written_at, current.attachments_version


def _catalogue_stamp(environment: Environment) -> Hashable:
    """What changes whenever anything of the catalogue may have. Source: storage.current."""
    return environment.catalogue_version, environment.catalogue_written_at
