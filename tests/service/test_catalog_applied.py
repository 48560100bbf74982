"""A catalogue file against an environment: compared, applied, and then there is nothing to change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.catalog.applying import apply_changes
from gateway.catalog.file import CatalogInvalid
from gateway.catalog.planning import plan_changes
from gateway.catalog.reading import parse_catalog
from gateway.console import CommandFailed
from resolvers.context import Context, new_context
from storage.database import Database
from storage.environments import create_environment, find_environment
from storage.features import load_features, load_features_by_key
from storage.product_features import load_attachments
from storage.products import load_products_by_key

Command = Callable[..., int]

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "catalog.yaml"

BASE = """
features:
  sso: {name: SSO, metadata: {team: identity, tier: "1"}}
  audit: {name: Audit}
products:
  team: {name: Team, features: [sso, audit]}
"""


@pytest.fixture
async def context(database: Database) -> Context:
    """An empty environment, and the catalogue above applied to it."""
    await create_environment(database, "qa", livemode=False)
    return await _apply(database, BASE)


async def test_applying_twice_changes_nothing(context: Context) -> None:
    assert await _planned(context.database, BASE) == []


async def test_only_what_is_named_is_touched(context: Context) -> None:
    others = "features:\n  api: {name: API}\nproducts:\n  solo: {name: Solo, features: [api]}\n"

    assert await _planned(context.database, others) == [
        ("create", "feature", "api", "API"),
        ("create", "product", "solo", "Solo, with api"),
    ]


async def test_names_metadata_and_activity_are_brought_up_to_date(context: Context) -> None:
    changed = """
features:
  sso: {name: Single sign-on, metadata: {team: identity, since: "2026"}}
  audit: {name: Audit}
products:
  team: {name: Team, active: false, metadata: {tier: "2"}}
"""

    assert await _planned(context.database, changed) == [
        ("update", "feature", "sso", "name: SSO → Single sign-on; metadata: since, tier"),
        ("update", "product", "team", "metadata: tier; active: yes → no"),
    ]
    context = await _apply(context.database, changed)

    async with context.database.snapshot() as connection:
        [sso] = (await load_features_by_key(connection, context.environment_id, ["sso"]))["sso"]
        team = (await load_products_by_key(connection, context.environment_id, ["team"]))["team"]
    assert (sso.name, sso.metadata) == ("Single sign-on", {"team": "identity", "since": "2026"})
    assert (team.active, team.metadata) == (False, {"tier": "2"})
    assert await _attached(context, "team") == {"sso", "audit"}
    assert await _planned(context.database, changed) == []


async def test_a_products_list_is_complete_and_a_missing_one_is_left_alone(context: Context) -> None:
    listed = BASE.replace("features: [sso, audit]}", "features: [audit], rollout: IMMEDIATE}")
    emptied = BASE.replace("features: [sso, audit]}", "features: []}")
    unlisted = BASE.replace(", features: [sso, audit]}", "}")

    assert await _planned(context.database, unlisted) == []
    assert await _planned(context.database, listed) == [("detach", "product", "team", "sso (IMMEDIATE)")]
    assert await _attached(await _apply(context.database, emptied), "team") == set()
    assert await _attached(await _apply(context.database, BASE), "team") == {"sso", "audit"}


async def test_archiving_is_asked_for_and_leaves_attachments(context: Context) -> None:
    archived = BASE.replace("{name: Audit}", "{name: Audit, archived: true}")

    assert [change[:3] for change in await _planned(context.database, archived)] == [("archive", "feature", "audit")]
    context = await _apply(context.database, archived)

    assert await _planned(context.database, archived) == []
    assert await _attached(context, "team") == {"sso", "audit"}


async def test_an_archived_feature_cannot_come_to_another_product(context: Context) -> None:
    wanted = BASE.replace("{name: Audit}", "{name: Audit, archived: true}") + "  pro: {name: Pro, features: [audit]}\n"

    with pytest.raises(CatalogInvalid) as refused:
        await _planned(context.database, wanted)

    assert str(refused.value) == (
        "f.yaml:7: products.pro.features[0]: feature `audit` is to be archived, "
        "and an archived feature can't be attached."
    )


async def test_a_freed_key_makes_a_new_feature_beside_the_old_attachment(context: Context) -> None:
    context = await _apply(context.database, BASE.replace("{name: Audit}", "{name: Audit, archived: true}"))

    assert await _planned(context.database, BASE) == [
        ("create", "feature", "audit", "Audit"),
        ("attach", "product", "team", "audit (NEXT_PERIOD)"),
    ]
    assert await _attached(await _apply(context.database, BASE), "team") == {"sso", "audit"}
    assert await _planned(context.database, BASE) == []


async def test_what_somebody_else_did_in_between_is_refused_and_the_rest_goes_on_later(context: Context) -> None:
    wanted = BASE + "  solo: {name: Solo}\n  duo: {name: Duo}\n"
    changes = await plan_changes(context, parse_catalog("f.yaml", wanted))
    await changes[1].write(context)

    with pytest.raises(CommandFailed, match="Refused to create product duo: A product has this lookup key already"):
        await apply_changes(context, changes)

    assert await _planned(context.database, wanted) == []


def test_the_commands_show_a_table_and_then_nothing_to_change(
    admittance: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    admittance("migrate")
    capsys.readouterr()

    assert admittance("catalog", "plan", str(EXAMPLE)) == 0
    planned = capsys.readouterr().out
    assert admittance("catalog", "apply", str(EXAMPLE), "--environment", "test") == 0
    applied = capsys.readouterr()
    assert admittance("catalog", "apply", str(EXAMPLE)) == 0
    again = capsys.readouterr()

    rows = [line.split()[:3] for line in planned.splitlines()[1:]]
    assert rows == [
        ["create", "feature", "projects"],
        ["create", "feature", "sso"],
        ["create", "feature", "audit-log"],
        ["create", "product", "team"],
        ["create", "product", "business"],
    ]
    assert applied.out == planned
    assert applied.err == "Made 5 changes.\n"
    assert (again.out, again.err) == ("Nothing to change.\n", "")


def test_a_file_with_mistakes_changes_nothing(
    admittance: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("features:\n  sso: {name: SSO}\n  api: {}\n")
    admittance("migrate")
    capsys.readouterr()

    code = admittance("catalog", "apply", "wrong.yaml")

    assert code == 2
    assert capsys.readouterr().err == "error: wrong.yaml:3: features.api: needs a `name`.\n"
    file.write_text("features:\n  sso: {name: SSO}\n")
    admittance("catalog", "plan", "wrong.yaml")
    assert "create" in capsys.readouterr().out


async def _context(database: Database) -> Context:
    environment = await find_environment(database, "qa")
    assert environment is not None
    return new_context(database, environment)


async def _planned(database: Database, text: str) -> list[tuple[str, str, str, str]]:
    changes = await plan_changes(await _context(database), parse_catalog("f.yaml", text))
    return [(change.action.value, change.kind, change.key, change.detail) for change in changes]


async def _apply(database: Database, text: str) -> Context:
    context = await _context(database)
    await apply_changes(context, await plan_changes(context, parse_catalog("f.yaml", text)))
    return await _context(database)


async def _attached(context: Context, product: str) -> set[str]:
    async with context.database.snapshot() as connection:
        found = (await load_products_by_key(connection, context.environment_id, [product]))[product]
        rows = (await load_attachments(connection, context.environment_id, [found.id]))[found.id]
        assert isinstance(rows, tuple)
        ids = [row.feature for row in rows if row.detached_at is None]
        return {
            feature.lookup_key for feature in (await load_features(connection, context.environment_id, ids)).values()
        }
