"""The demonstration: every state there is, history behind it, loaded once and to its end."""

import re
import stat
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.demo.characters import characters
from gateway.demo.loading import demonstration_events, open_demonstration
from gateway.demo.stage import play
from resolvers.context import new_context
from schema.build import SCHEMA
from storage.credentials import create_key, find_credential, list_keys, revoke_key
from storage.database import Database
from storage.environments import create_environment, find_environment, list_environments
from storage.records import Environment
from tests.service.serving import Json

PAGE = Path(__file__).parents[2] / "docs" / "demo-data.md"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SMALL = 30
WHOLE = 200

STATES = {
    "acme-trialing": ["TRIALING"],
    "birch-trial-pauses": ["TRIALING"],
    "cedar-trial-expired": ["CANCELED"],
    "dune-trial-paused": ["PAUSED"],
    "elm-trial-converted": ["ACTIVE"],
    "fjord-past-due": ["PAST_DUE"],
    "grove-unpaid": ["UNPAID"],
    "harbor-incomplete": ["INCOMPLETE"],
    "iris-incomplete-expired": ["INCOMPLETE_EXPIRED"],
    "juniper-paused": ["PAUSED"],
    "kestrel-resumed": ["ACTIVE"],
    "larch-canceling": ["ACTIVE"],
    "maple-canceled": ["CANCELED"],
    "nova-came-back": ["ACTIVE", "CANCELED"],
    "opal-upgraded": ["ACTIVE"],
    "pine-downgraded": ["ACTIVE"],
    "quartz-waiting": ["ACTIVE"],
    "raven-new": ["ACTIVE"],
    "sage-yearly": ["ACTIVE"],
    "tundra-two-subscriptions": ["ACTIVE", "ACTIVE", "ACTIVE"],
    "umber-grant-expiring": ["ACTIVE"],
    "violet-grant-scheduled": ["ACTIVE"],
    "willow-grant-revoked": ["ACTIVE"],
    "xylo-archived-features": ["ACTIVE"],
    "yarrow-grandfathered": ["ACTIVE"],
    "zephyr-prospect": [],
}

DECISIONS = {
    ("birch-trial-pauses", "projects"): "ENTITLED",
    ("cedar-trial-expired", "projects"): "TRIAL_ENDED",
    ("dune-trial-paused", "projects"): "SUBSCRIPTION_NOT_IN_GOOD_STANDING",
    ("fjord-past-due", "sso"): "ENTITLED",
    ("grove-unpaid", "projects"): "SUBSCRIPTION_NOT_IN_GOOD_STANDING",
    ("harbor-incomplete", "sso"): "SUBSCRIPTION_NOT_IN_GOOD_STANDING",
    ("iris-incomplete-expired", "projects"): "NOT_ENTITLED",
    ("larch-canceling", "projects"): "ENTITLED",
    ("maple-canceled", "sso"): "SUBSCRIPTION_ENDED",
    ("opal-upgraded", "sso"): "ENTITLED",
    ("pine-downgraded", "sso"): "ITEM_REMOVED",
    ("quartz-waiting", "time-tracking"): "NOT_YET_ACTIVE",
    ("raven-new", "time-tracking"): "ENTITLED",
    ("sage-yearly", "git-sync"): "NOT_YET_ACTIVE",
    ("umber-grant-expiring", "sso"): "ENTITLED",
    ("violet-grant-scheduled", "audit-log"): "NOT_YET_ACTIVE",
    ("willow-grant-revoked", "api"): "GRANT_REVOKED",
    ("xylo-archived-features", "legacy-export"): "ENTITLED",
    ("yarrow-grandfathered", "automations"): "ENTITLED",
    ("zephyr-prospect", "projects"): "NOT_ENTITLED",
}

CUSTOMER = """
query($by: CustomerBy!, $keys: [String!]!, $then: DateTime!) {
  customer(by: $by) {
    subscriptions { nodes { status } }
    access(lookupKeys: $keys) { lookupKey reason activeTo nextChangeAt }
    entitlements(first: 100) { nodes { lookupKey feature { active } sources { kind product { lookupKey } } } }
    entitlementsAt(at: $then, first: 100) { totalCount }
  }
}
"""


async def _load(database: Database, folder: Path, customers: int = SMALL) -> Environment:
    loaded = await open_demonstration(database, folder / "key", lambda _played, _of: None, customers=customers)
    return loaded.environment


async def _ask(database: Database, environment: Environment, query: str, **variables: Json) -> Json:
    context = new_context(database, environment)
    result = await SCHEMA.execute(query, variable_values=variables, context_value=context)
    assert not result.errors, result.errors
    return result.data


async def _customer(database: Database, environment: Environment, name: str, keys: Sequence[str]) -> Json:
    then = environment.created_at - timedelta(days=250)
    by = {"externalId": name}
    data = await _ask(database, environment, CUSTOMER, by=by, keys=list(keys), then=then.isoformat())
    return data["customer"]


@pytest.mark.timeout(300)
async def test_every_customer_shows_what_the_page_says(database: Database, tmp_path: Path) -> None:
    """One load for all of it: two hundred customers take their time."""
    environment = await _load(database, tmp_path, WHOLE)

    query = "{ customers { totalCount } features { totalCount } products { totalCount } }"
    counted = await _ask(database, environment, query)
    keys = sorted({key for _, key in DECISIONS})
    seen = {name: await _customer(database, environment, name, keys) for name in STATES}

    counts = {name: connection["totalCount"] for name, connection in counted.items()}
    assert counts == {"customers": WHOLE, "features": 29, "products": 6}
    statuses = {
        name: [each["status"] for each in customer["subscriptions"]["nodes"]] for name, customer in seen.items()
    }
    assert statuses == STATES
    decisions = {(name, each["lookupKey"]): each for name, customer in seen.items() for each in customer["access"]}
    assert {asked: decisions[asked]["reason"] for asked in DECISIONS} == DECISIONS
    _check_that_features_are_shared_archived_and_remembered(seen)


def _check_that_features_are_shared_archived_and_remembered(seen: Json) -> None:
    shared, archived = seen["tundra-two-subscriptions"], seen["xylo-archived-features"]
    [sso] = [node for node in shared["entitlements"]["nodes"] if node["lookupKey"] == "sso"]
    assert {source["product"]["lookupKey"] for source in sso["sources"]} == {"business", "security-add-on"}
    keys = sorted(node["lookupKey"] for node in archived["entitlements"]["nodes"] if not node["feature"]["active"])
    assert keys == ["legacy-export", "reports"]
    assert seen["kestrel-resumed"]["entitlementsAt"]["totalCount"] == 0
    assert shared["entitlementsAt"]["totalCount"] > 10


async def test_it_is_loaded_once_and_its_key_kept_for_its_owner_alone(database: Database, tmp_path: Path) -> None:
    environment = await _load(database, tmp_path)
    secret = (tmp_path / "key").read_text()

    again = await _load(database, tmp_path)

    assert again.id == environment.id
    assert [each.name for each in await list_environments(database)] == ["demo"]
    assert (tmp_path / "key").read_text() == secret
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert again.clock_at is None


async def test_a_key_that_opens_nothing_any_more_is_replaced(database: Database, tmp_path: Path) -> None:
    environment = await _load(database, tmp_path)
    file = tmp_path / "key"
    old = await find_credential(database, file.read_text().strip())
    assert old is not None
    await revoke_key(database, old.id)

    await _load(database, tmp_path)

    new = await find_credential(database, file.read_text().strip())
    assert new is not None
    assert new.revoked_at is None
    assert new.environment.id == environment.id


async def test_a_load_that_was_broken_off_is_noticed_and_made_anew(database: Database, tmp_path: Path) -> None:
    broken = await create_environment(database, "demo", livemode=False)
    events = sorted(demonstration_events(database.clock.now(), SMALL), key=lambda event: event.at)
    await play(database, broken, events[:20], lambda _played: None)
    await create_key(database, broken.id, "somebody's own", ())

    environment = await _load(database, tmp_path)

    assert environment.name == "demo-2"
    assert "demonstration loaded" in {key.name for key in await list_keys(database, environment.id)}
    assert await find_environment(database, "demo") is not None


def test_two_loads_differ_in_nothing_but_the_day() -> None:
    later = NOW + timedelta(days=30)

    first = sorted(NOW - event.at for event in demonstration_events(NOW, WHOLE))
    second = sorted(later - event.at for event in demonstration_events(later, WHOLE))

    assert first == second
    assert first[0] > timedelta(hours=1)
    assert first[-1] == timedelta(days=730)


def test_the_page_lists_every_named_customer() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert listed == [story.external_id for story in characters(NOW)] == list(STATES)
