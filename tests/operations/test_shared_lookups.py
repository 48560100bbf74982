"""Operations of one process ask the database together, and each gets what it would have got alone."""

import asyncio

import pytest
from sqlalchemy import update

from entitlements.facts import CustomerId, FeatureId
from entitlements.facts import ProductFeatureId as AttachmentId
from resolvers.coalescing import LookupsClosed
from resolvers.context import Context, new_context
from resolvers.shared import SharedReads
from storage.errors import RowUnreadable
from storage.rows import product_features
from tests.operations.api import Api
from tests.operations.crowd import add_customers, counting, fill_catalogue
from tests.operations.keeping import AFRESH
from tests.operations.test_query_counts import START

pytestmark = AFRESH


@pytest.fixture
async def crowd(api: Api) -> Api:
    """Twenty customers, each with a product of its own."""
    await fill_catalogue(api, START)
    await add_customers(api, START, 20)
    return api


def _operation(api: Api) -> Context:
    return new_context(api.database, api.environment, shared=api.shared)


async def test_operations_that_ask_at_once_send_one_statement(crowd: Api) -> None:
    with counting(crowd.database) as sent:
        found = await asyncio.gather(
            *(_operation(crowd).loaders.features.load(FeatureId(f"feat_{n:03}x00")) for n in range(20))
        )

    assert [feature.lookup_key for feature in found if feature] == [f"{n:03}x00" for n in range(20)]
    assert len(sent) == 1


async def test_the_facts_of_customers_whom_several_operations_ask_for_are_read_in_one_snapshot(crowd: Api) -> None:
    with counting(crowd.database) as sent:
        known = await asyncio.gather(
            *(_operation(crowd).loaders.known.load(CustomerId(f"cus_{n:03}")) for n in range(20))
        )

    assert [len(each.timeline.features) for each in known if each] == [50] * 20
    assert len(sent) == 1


async def test_a_row_that_one_operation_cannot_read_does_not_fail_another(crowd: Api) -> None:
    word = update(product_features).where(product_features.c.id == "prodft_000x00")
    async with crowd.database.begin_write() as connection:
        await connection.execute(word.values(rollout="OF_A_NEWER_RELEASE"))

    answers = await asyncio.gather(
        *(_operation(crowd).loaders.product_features.load(AttachmentId(f"prodft_{n:03}x00")) for n in range(3)),
        return_exceptions=True,
    )

    assert isinstance(answers[0], RowUnreadable)
    assert [getattr(each, "id", None) for each in answers[1:]] == ["prodft_001x00", "prodft_002x00"]


async def test_an_operation_that_is_cancelled_leaves_the_others_their_answers(crowd: Api) -> None:
    asking = [
        asyncio.create_task(_operation(crowd).loaders.customers_by_external_id.load(f"{n:03}")) for n in range(10)
    ]
    await asyncio.sleep(0)

    for each in asking[::2]:
        each.cancel()
    await asyncio.wait(asking)

    assert [each.cancelled() for each in asking] == [True, False] * 5
    found = [each.result() for each in asking[1::2]]
    assert [customer.external_id for customer in found if customer] == ["001", "003", "005", "007", "009"]


async def test_closing_amid_look_ups_answers_all_who_wait_and_leaves_no_connection_in_use(
    crowd: Api, shared: SharedReads
) -> None:
    asking = [asyncio.create_task(_operation(crowd).loaders.known.load(CustomerId(f"cus_{n:03}"))) for n in range(5)]
    for _ in range(10):
        await asyncio.sleep(0)

    await shared.close()

    async with asyncio.timeout(5):
        answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupsClosed] * 5
    assert crowd.database.pool.in_use == 0
    with pytest.raises(LookupsClosed):
        await _operation(crowd).loaders.known.load(CustomerId("cus_001"))
