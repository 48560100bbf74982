"""Facts kept in the process save statements, stay within their bounds, and open nothing to anybody."""

import tracemalloc
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Update, update

from entitlements.facts import (
    CustomerFacts,
    CustomerId,
    EnvironmentId,
    FeatureId,
    Grant,
    GrantId,
    Product,
    ProductFeature,
    ProductId,
)
from entitlements.facts import ProductFeatureId as AttachmentId
from resolvers.callers import Caller, CallerKind
from resolvers.context import Context, new_context
from resolvers.keeping import Kept
from resolvers.known import work_out
from resolvers.shared import SharedReads
from storage.credentials import create_key
from storage.database import Database
from storage.errors import RowUnreadable
from storage.records import CustomerRecord, Environment, LoadedFacts
from storage.rows import customers, product_features
from storage.tokens import token_digest
from tests.operations.api import Api
from tests.operations.crowd import add_customers, counting, fill_catalogue
from tests.operations.test_query_counts import START
from tests.statements.stage import NOON, Stage, active_subscription

PAGE = """query Page($by: CustomerBy!) { customer(by: $by) { id entitlements(first: 50) {
  totalCount pageInfo { hasNextPage } nodes { id feature { name } sources { product { name } } }
} } }"""

CHECK = """query Check($by: CustomerBy!, $keys: [String!]!) {
  customer(by: $by) { access(lookupKeys: $keys) { lookupKey hasAccess } }
}"""

KEYS = [f"007x{number:02}" for number in range(5)]


@pytest.fixture
async def crowd(api: Api) -> Api:
    """Forty customers with fifty entitlements each."""
    await fill_catalogue(api, START)
    await add_customers(api, START, 40)
    return api


@pytest.mark.parametrize("by", [{"id": "cus_007"}, {"externalId": "007"}], ids=["id", "external id"])
@pytest.mark.parametrize(
    ("document", "given", "cold"), [(PAGE, {}, 5), (CHECK, {"keys": KEYS}, 4)], ids=["page", "check"]
)
async def test_what_is_kept_costs_one_statement_that_proves_it_current(
    crowd: Api, by: dict[str, str], document: str, given: dict[str, list[str]], cold: int
) -> None:
    first = await _statements(crowd, document, by=by, **given)
    again = await _statements(crowd, document, by=by, **given)

    # The credential's own is the harness's.
    assert (first, again) == (cold, 1)


async def test_another_customer_of_the_same_products_costs_its_facts_alone(crowd: Api) -> None:
    await _statements(crowd, PAGE, by={"id": "cus_007"})

    assert await _statements(crowd, PAGE, by={"id": "cus_027"}) == 2


async def test_who_writes_a_customer_keeps_what_came_of_it(crowd: Api) -> None:
    await crowd.run(PAGE, by={"id": "cus_007"})
    await crowd.mutate("grantEntitlement", customer={"id": "cus_007"}, feature={"lookupKey": "008x00"})
    await crowd.run(CHECK, by={"id": "cus_008"}, keys=["008x00"])

    assert await _statements(crowd, "query Q($by: CustomerBy!) { customer(by: $by) { revision } }", by=_SEVEN) == 1


async def test_a_credential_is_one_statement_for_all_who_ask_at_once(database: Database, shared: SharedReads) -> None:
    stage = await Stage.set(database)
    _, secret = await create_key(database, stage.env, "tests", [])
    keys = [token_digest(secret), token_digest("unknown")] * 10

    with counting(database) as sent:
        found = await shared.credentials.load_all(keys)

    assert [found.get(key) is not None for key in keys[:2]] == [True, False]
    assert len(sent) == 1


async def test_what_is_kept_opens_nothing_to_another_customers_session(crowd: Api, shared: SharedReads) -> None:
    await crowd.run(PAGE, by={"id": "cus_007"})
    caller = Caller("cs_1", CallerKind.CUSTOMER_SESSION, crowd.environment, customer=CustomerId("cus_008"))
    context = new_context(crowd.database, crowd.environment, caller, shared=shared)

    assert await context.loaders.customers_by_external_id.load("007") is None
    assert await context.loaders.known.load(CustomerId("cus_007")) is None
    assert await context.loaders.customers_by_external_id.load("008") is not None


async def test_what_is_kept_is_of_one_environment(crowd: Api, shared: SharedReads) -> None:
    await crowd.run(PAGE, by={"id": "cus_007"})
    other = await Api.open(crowd.database, "other", at=START, shared=shared)
    context = new_context(other.database, other.environment, shared=shared)

    assert await context.loaders.known.load(CustomerId("cus_007")) is None
    assert await context.loaders.features.load(FeatureId("feat_007x00")) is None


async def test_what_cannot_be_read_is_not_kept(crowd: Api, shared: SharedReads) -> None:
    word = update(product_features).where(product_features.c.id == "prodft_007x00")
    await _execute(crowd, word.values(rollout="OF_A_NEWER_RELEASE"))

    with pytest.raises(RowUnreadable):
        await _context(crowd).loaders.known.load(CustomerId("cus_007"))
    assert len(shared.customers) == 0

    await _execute(crowd, word.values(rollout="IMMEDIATE"))
    assert await _context(crowd).loaders.known.load(CustomerId("cus_007")) is not None


async def test_a_row_that_went_back_to_older_versions_is_not_taken_for_what_is_kept(crowd: Api) -> None:
    """As after a restore: the count of writes may be the same again, the instants are not."""
    await crowd.run(PAGE, by={"id": "cus_007"})
    restored = update(customers).where(customers.c.id == "cus_007")
    await _execute(crowd, restored.values(written_at=START + timedelta(seconds=1)))

    assert await _statements(crowd, PAGE, by=_SEVEN) == 2


def test_the_least_recently_used_goes_first_and_a_stamp_must_be_met() -> None:
    kept = Kept[str, str](entries=2, size_bytes=100, weigh=len)

    kept.keep("a", 1, "apple")
    kept.keep("b", 1, "banana")
    assert kept.find("a", 1) == "apple"
    kept.keep("c", 1, "cherry")

    assert [kept.find(key, 1) for key in "abc"] == ["apple", None, "cherry"]
    assert kept.find("a", 2) is None
    assert kept.size_bytes == len("applecherry")


def test_bytes_are_bounded_and_what_is_too_large_is_not_kept() -> None:
    kept = Kept[str, str](entries=100, size_bytes=10, weigh=len)

    kept.keep("a", 1, "12345")
    kept.keep("b", 1, "12345")
    kept.keep("a", 2, "123456789012")
    assert (len(kept), kept.size_bytes) == (1, 5)

    kept.keep("c", 1, "1234567890")
    assert (len(kept), kept.size_bytes) == (1, 10)


@pytest.mark.parametrize("bounds", [(0, 100), (100, 0)], ids=["no customers", "no bytes"])
def test_either_bound_at_zero_keeps_nothing(bounds: tuple[int, int]) -> None:
    kept = Kept[str, str](entries=bounds[0], size_bytes=bounds[1], weigh=lambda _: 0)

    kept.keep("a", 1, "apple")

    assert kept.is_off
    assert kept.find("a", 1) is None


def test_ever_more_customers_end_at_the_bound_and_take_no_more_memory_than_that() -> None:
    bound = 3_000_000
    # A quarter is the catalogue's.
    shared = _never_connected(bound * 4 // 3)

    def fill() -> None:
        for number in range(20_000):
            facts = _granted(number)
            shared.keep(facts, work_out(facts))

    before, after = _traced(fill)

    assert 0.95 * bound < shared.customers.size_bytes <= bound
    assert 1_000 < len(shared.customers) < 20_000
    assert after - before < 1.1 * bound


@pytest.mark.parametrize("shape", ["grants", "subscription", "many subscriptions", "metadata"])
def test_weights_are_those_of_memory(shape: str) -> None:
    shared = _never_connected(2**40)

    def fill() -> None:
        for number in range(300):
            facts = _shaped(shape, number)
            shared.keep(facts, work_out(facts))

    before, after = _traced(fill)

    assert len(shared.customers) == 300
    assert 0.5 < (after - before) / shared.customers.size_bytes < 1.1


_SEVEN = {"id": "cus_007"}
_ENVIRONMENT = Environment(EnvironmentId("env_1"), "sandbox", livemode=False, created_at=NOON)

_PRODUCT = Product(ProductId("prod_1"), "Pro", "pro", active=True, metadata={}, created_at=NOON)
_ATTACHED = tuple(
    ProductFeature(AttachmentId(f"prodft_{n}"), _PRODUCT.id, FeatureId(f"feat_{n:026}"), NOON) for n in range(50)
)


async def _statements(api: Api, document: str, **variables: object) -> int:
    with counting(api.database) as sent:
        await api.run(document, **variables)
    return len(sent) - 1


def _context(api: Api) -> Context:
    return new_context(api.database, api.environment, shared=api.shared)


async def _execute(api: Api, statement: Update) -> None:
    async with api.database.begin_write() as connection:
        await connection.execute(statement)


def _traced(act: Callable[[], None]) -> tuple[int, int]:
    """The memory in use before and after, in bytes."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        act()
        return before, tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def _never_connected(kept_bytes: int) -> SharedReads:
    """Reads of which only what they keep is used."""
    return SharedReads(Database.open("sqlite:///never-connected.db"), kept_customers=1_000_000, kept_bytes=kept_bytes)


def _shaped(shape: str, number: int) -> LoadedFacts:
    match shape:
        case "grants":
            return _granted(number)
        case "metadata":
            return _granted(number, {f"key {key}": f"{number} " * 20 for key in range(20)})
        case _:
            return _subscribed(number, 10 if shape == "many subscriptions" else 1)


def _granted(number: int, metadata: dict[str, str] | None = None) -> LoadedFacts:
    customer = CustomerId(f"cus_{number:026}")
    at = NOON + timedelta(seconds=number)
    feature = FeatureId(f"feat_{number % 200:026}")
    grant = Grant(GrantId(f"grt_{number:026}"), customer, feature, at, at, metadata=metadata or {})
    return _loaded(CustomerFacts(customer, (), (grant,)))


def _subscribed(number: int, subscriptions: int) -> LoadedFacts:
    """A customer whose every subscription is to a product with fifty features."""
    customer = CustomerId(f"cus_{number:026}")
    at = NOON + timedelta(seconds=number)
    held = tuple(active_subscription(customer, at, _PRODUCT) for _ in range(subscriptions))
    return _loaded(CustomerFacts(customer, held), _ATTACHED)


def _loaded(facts: CustomerFacts, attachments: tuple[ProductFeature, ...] = ()) -> LoadedFacts:
    record = CustomerRecord(facts.customer, None, None, None, {}, NOON, 1, 0, NOON, NOON)
    return LoadedFacts(record, facts, attachments, _ENVIRONMENT)
