"""What one operation reads of customers: rows, and with the versions that came with them, facts."""

from collections.abc import Callable, Sequence
from datetime import datetime

from entitlements.facts import CustomerId, EnvironmentId
from resolvers.known import KnownCustomer, know
from resolvers.shared import SharedReads
from storage.current import load_current, load_current_by_external_id
from storage.errors import RowUnreadable
from storage.records import CurrentCustomer, CustomerRecord


class CustomerReads:
    """Reads customers for whoever may see them: whatever way leads to a customer ends here.

    `now`: the operation's instant. Rows that were read prove for the rest of the operation what is kept of a customer.
    """

    def __init__(
        self,
        shared: SharedReads,
        environment: EnvironmentId,
        now: datetime,
        may_see: Callable[[CustomerId], bool],
    ) -> None:
        self._shared = shared
        self._environment = environment
        self._now = now
        self._may_see = may_see
        self._current: dict[CustomerId, CurrentCustomer] = {}
        self._known: dict[CustomerId, KnownCustomer] = {}

    async def load(self, ids: list[CustomerId]) -> dict[CustomerId, CustomerRecord]:
        """Customers by id, without their facts."""
        found = await self._shared.look_up(load_current, self._environment, self._seen(ids))
        self._current.update(found)
        return {customer: current.record for customer, current in found.items()}

    async def load_by_external_id(self, keys: list[str]) -> dict[str, CustomerRecord]:
        """Customers by their owner's id."""
        found = await self._shared.look_up(load_current_by_external_id, self._environment, keys)
        seen = {key: current for key, current in found.items() if self._may_see(current.record.id)}
        self._current.update((current.record.id, current) for current in seen.values())
        return {key: current.record for key, current in seen.items()}

    async def load_known(self, ids: list[CustomerId]) -> dict[CustomerId, KnownCustomer | Exception]:
        """Customers with facts and timeline; the error in place of one that can't be read."""
        found = await self._shared.know(self._environment, self._seen(ids), self._current)
        return {
            customer: known if isinstance(known, RowUnreadable) else know(*known, self._now)
            for customer, known in found.items()
        }

    def known_at_hand(self, ids: Sequence[CustomerId]) -> list[KnownCustomer | None]:
        """Those whose row this operation has read, if their facts are kept under the versions that came with it."""
        return list(map(self._find, ids))

    def _find(self, customer: CustomerId) -> KnownCustomer | None:
        known = self._known.get(customer)
        if known is None and (current := self._current.get(customer)) is not None:
            kept = self._shared.known_at_hand(current)
            if kept is not None:
                known = self._known[customer] = know(current, kept, self._now)
        return known

    def _seen(self, ids: list[CustomerId]) -> list[CustomerId]:
        return [customer for customer in ids if self._may_see(customer)]
