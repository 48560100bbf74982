"""The entitlement's id. Source: DESIGN, The rule, 10."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.facts import CustomerId, FeatureId
from entitlements.ids import entitlement_id, read_entitlement_id

# Ids of imported objects are others' to choose: letters, digits and underscores, Z among them.
NAMES = st.text("Z01_aZ_", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("customer", "feature", "expected"),
    [
        ("cus_alice", "feat_sso", "ent_aliceZ0sso"),
        ("cus_test_1", "feat_test_2", "ent_testZ11Z0testZ12"),
        ("cus_Z", "feat_Z0", "ent_ZZZ0ZZ0"),
        ("cus_aZ1_", "feat_b", "ent_aZZ1Z1Z0b"),
    ],
)
def test_an_id_is_written_and_read_back(customer: str, feature: str, expected: str) -> None:
    """ent_ ids of imported ids with _ and with Z"""
    assert entitlement_id(CustomerId(customer), FeatureId(feature)) == expected
    assert read_entitlement_id(expected) == (customer, feature)


@given(NAMES, NAMES)
def test_every_pair_is_read_back_from_an_id_of_letters_and_digits(customer: str, feature: str) -> None:
    pair = CustomerId(f"cus_{customer}"), FeatureId(f"feat_{feature}")
    text = entitlement_id(*pair)

    assert re.fullmatch(r"ent_[a-zA-Z0-9]+", text)
    assert read_entitlement_id(text) == pair


@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_two_pairs_never_share_an_id(one: tuple[str, str], other: tuple[str, str]) -> None:
    ids = {entitlement_id(CustomerId(customer), FeatureId(feature)) for customer, feature in (one, other)}

    assert len(ids) == len({one, other})


@given(st.text("Z01_a", max_size=10).map("ent_{}".format))
def test_what_is_read_is_written_back_alike_so_that_no_pair_has_two_spellings(text: str) -> None:
    pair = read_entitlement_id(text)

    assert pair is None or entitlement_id(*pair) == text


@pytest.mark.parametrize(
    "text",
    [
        "ent_",
        "ent_alice",
        "ent_Z0sso",
        "ent_aliceZ0",
        "ent_aliceZ0ssoZ0api",
        "ent_aliceZ2Z0sso",
        "ent_aliceZ0ssoZ",
        "ent_test_61Q0example",
        "ent_alice_1Z0sso",
        "ent_aliceZ0sso\n",
        "ent_\uff41liceZ0sso",
        "feat_aliceZ0sso",
        "",
    ],
)
def test_anything_else_is_an_unknown_id(text: str) -> None:
    assert read_entitlement_id(text) is None
