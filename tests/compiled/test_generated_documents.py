"""Whatever document is sent, compiled execution answers as graphql-core does."""

import asyncio
import gc

import pytest
from graphql import print_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes

from tests.compiled.comparing import assert_same
from tests.compiled.moody import BAD_TEMPERED, STEADY, moody_schema

EXAMPLES = 60
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

WORLDS = {
    (calm, is_async): moody_schema(calm=calm, is_async=is_async)
    for calm in (STEADY, BAD_TEMPERED)
    for is_async in (False, True)
}
DOCUMENTS = from_schema(print_schema(WORLDS[STEADY, False]), custom_scalars={"Even": st.integers().map(nodes.Int)})


@pytest.mark.parametrize("calm", [STEADY, BAD_TEMPERED])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=CHECKS,
)
@given(document=DOCUMENTS)
def test_any_document_is_answered_as_by_graphql_core(calm: float, document: str) -> None:
    asyncio.run(assert_same(WORLDS[calm, False], document))


# graphql-core leaves coroutines behind where it stops early, and the interpreter says so whenever it comes by them.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("calm", [STEADY, BAD_TEMPERED])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=CHECKS,
)
@given(document=DOCUMENTS)
def test_any_document_is_answered_alike_where_answers_come_late(calm: float, document: str) -> None:
    asyncio.run(assert_same(WORLDS[calm, True], document, at_any_time=True))
    gc.collect()
