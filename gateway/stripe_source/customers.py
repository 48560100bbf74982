"""Stripe's customers taken over with their subscriptions: observations kept, and the facts that follow from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from entitlements.facts import CustomerId, EnvironmentId, ProductId
from gateway.stripe_source.catalogue import LONG_AGO, mention_products
from gateway.stripe_source.folding import subscription_facts
from gateway.stripe_source.kinds import CUSTOMER_KIND, SUBSCRIPTION_KIND, steps_of
from gateway.stripe_source.mended import Mended, mended
from gateway.stripe_source.states import CUSTOMER, SUBSCRIPTION, CustomerState
from gateway.stripe_source.telling import dumped
from storage.customers import delete_customer, insert_customer, load_customers, update_customer
from storage.database import Database
from storage.errors import CustomerMissing, UniqueViolation
from storage.observations import Manner, Observation, add_observations, load_observations
from storage.sourced import write_subscription
from storage.unit_of_work import CustomerWork, NewCustomerWork, write_customer, write_new_customer
from storage.work import Work

Observed = Mapping[str, Sequence[Observation]]


async def take_customers(database: Database, environment: EnvironmentId, told: Iterable[Observation]) -> list[Mended]:
    """Takes what was told of customers and subscriptions, one customer after another, each in a transaction."""
    by_customer: defaultdict[CustomerId, list[Observation]] = defaultdict(list)
    for each in told:
        by_customer[customer_of(each)].append(each)
    found: list[Mended] = []
    for customer, of_customer in by_customer.items():
        try:
            found += await _take(database, environment, customer, of_customer)
        except UniqueViolation:
            # Another process was told of the same new customer at the same time; now it is there.
            found += await _take(database, environment, customer, of_customer)
    return found


def customer_of(told: Observation) -> CustomerId:
    """Whom an observation of a customer or a subscription concerns."""
    if told.kind == CUSTOMER_KIND:
        return CustomerId(told.object)
    return CustomerId(SUBSCRIPTION.validate_json(told.state).customer)


async def _take(
    database: Database, environment: EnvironmentId, customer: CustomerId, told: Sequence[Observation]
) -> list[Mended]:
    await mention_products(database, environment, _products(told))
    async with database.read() as connection:
        there = await load_customers(connection, environment, [customer], deleted=True)
        before = await load_observations(connection, environment, [customer, *(each.object for each in told)])
    if customer not in there:
        is_made = await _make(database, environment, customer, told)
        if is_made and await _is_all(database, environment, customer, told):
            return list(_mended(before, told))

    async def command(work: CustomerWork) -> None:
        await add_observations(work, told)
        await _write(work, await _observed(work, customer, told))

    async def remember(work: NewCustomerWork) -> None:
        await add_observations(work, told)

    try:
        await write_customer(database, environment, customer, command)
    except CustomerMissing:
        # It was deleted: nothing of it is a fact any more, whatever else is told.
        await write_new_customer(database, environment, remember)
    return list(_mended(before, told))


async def _make(
    database: Database, environment: EnvironmentId, customer: CustomerId, told: Sequence[Observation]
) -> bool:
    """Makes a customer's own row, of one that was only mentioned with nothing but its id; False for a deleted one."""
    own = [each for each in told if each.kind == CUSTOMER_KIND]
    mentioned = Observation(
        customer, "mentioned", CUSTOMER_KIND, Manner.SEEN, LONG_AGO, dumped(CUSTOMER, CustomerState())
    )

    async def command(work: NewCustomerWork) -> bool:
        await add_observations(work, own or [mentioned])
        state = _customer(await _observed(work, customer, ()), customer)
        if not state.deleted:
            await insert_customer(
                work,
                customer,
                name=state.name,
                email=state.email,
                metadata=state.metadata,
                created_at=state.created,
            )
        return not state.deleted

    return await write_new_customer(database, environment, command)


async def _is_all(
    database: Database, environment: EnvironmentId, customer: CustomerId, told: Sequence[Observation]
) -> bool:
    """Whether a customer that was just made of what was told has nothing else to it.

    Another process may have been told of it at the same time, and have found no customer to write it to.
    """
    if any(each.kind != CUSTOMER_KIND for each in told):
        return False
    async with database.read() as connection:
        known = await load_observations(connection, environment, [customer])
    return {each.id for each in known[customer]} == {each.id for each in told}


async def _observed(work: Work, customer: CustomerId, told: Iterable[Observation]) -> Observed:
    objects = dict.fromkeys([customer, *(each.object for each in told)])
    return await load_observations(work.connection, work.environment.id, list(objects))


async def _write(work: CustomerWork, observed: Observed) -> None:
    """Writes what follows by now; nothing that is so already."""
    for object_id, of_object in observed.items():
        if any(each.kind == SUBSCRIPTION_KIND for each in of_object):
            await write_subscription(work, subscription_facts(object_id, steps_of(SUBSCRIPTION_KIND, of_object)))
    record = work.customer
    state = _customer(observed, record.id)
    if state.deleted:
        await delete_customer(work)
        return
    created_at = state.created or record.created_at
    told = (state.name, state.email, state.metadata, created_at)
    if told != (record.name, record.email, record.metadata, record.created_at):
        await update_customer(work, name=state.name, email=state.email, metadata=state.metadata, created_at=created_at)


def _customer(observed: Observed, customer: CustomerId) -> CustomerState:
    """What a customer is by now; a deleted one stays so."""
    steps = steps_of(CUSTOMER_KIND, observed.get(customer, ()))
    gone = next((step.state for step in steps if step.state.deleted), None)
    return gone or (steps[-1].state if steps else CustomerState())


def _products(told: Iterable[Observation]) -> list[ProductId]:
    """The products that subscriptions are or were for."""
    found: dict[ProductId, None] = {}
    for each in told:
        if each.kind == SUBSCRIPTION_KIND:
            for text in filter(None, (each.state, each.before)):
                found |= dict.fromkeys(item.product for item in SUBSCRIPTION.validate_json(text).items)
    return list(found)


def _mended(before: Observed, told: Sequence[Observation]) -> Iterable[Mended]:
    by_object: defaultdict[tuple[str, str], list[Observation]] = defaultdict(list)
    for each in told:
        by_object[each.kind, each.object].append(each)
    for (kind, id_), of_object in by_object.items():
        known = before.get(id_, ())
        old, new = steps_of(kind, known), steps_of(kind, [*known, *of_object])
        if found := mended(kind, id_, old, new):
            yield found
