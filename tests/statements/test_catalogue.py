"""Features, products and attachments at rest, and the versions that their writes raise."""

import asyncio
from datetime import datetime

import pytest

from entitlements.facts import CatalogRollout, Feature, FeatureId, Product, ProductFeature
from storage.errors import RowMissing, UniqueViolation
from storage.features import archive_feature, insert_feature, load_features, load_features_by_key, update_feature
from storage.ids import new_id
from storage.paging import Cut
from storage.product_features import (
    detach_feature,
    load_attachments,
    load_product_features,
    products_with_features,
)
from storage.products import count_products, load_products, load_products_by_key, page_products, update_product
from storage.unit_of_work import CatalogueWork, write_catalogue
from tests.statements.stage import NOON, TICK, Stage


async def _archive(stage: Stage, feature: Feature) -> None:
    async def command(work: CatalogueWork) -> None:
        await archive_feature(work, feature.id)

    await write_catalogue(stage.db, stage.env, command)


async def _detach(stage: Stage, attachment: ProductFeature) -> None:
    async def command(work: CatalogueWork) -> None:
        await detach_feature(work, attachment, CatalogRollout.NEXT_PERIOD)

    await write_catalogue(stage.db, stage.env, command)


async def _deactivate(stage: Stage, product: Product) -> None:
    async def command(work: CatalogueWork) -> None:
        await update_product(work, product.id, active=False)

    await write_catalogue(stage.db, stage.env, command)


async def test_a_feature_comes_back_as_it_was_written(stage: Stage) -> None:
    feature = await stage.feature("sso")

    async def edit(work: CatalogueWork) -> None:
        await update_feature(work, feature.id, name="Single sign-on", metadata={"z": "1", "aa": "2", "b": ""})

    await write_catalogue(stage.db, stage.env, edit)
    async with stage.db.read() as connection:
        found = await load_features(connection, stage.env, [feature.id, FeatureId("feat_none")])

    assert found == {
        feature.id: Feature(feature.id, "Single sign-on", "sso", {"aa": "2", "b": "", "z": "1"}, feature.created_at)
    }
    assert list(found[feature.id].metadata) == ["aa", "b", "z"]


async def test_features_with_one_key_come_active_first_then_the_one_archived_last(stage: Stage) -> None:
    first, second = await stage.feature("sso"), None
    await _archive(stage, first)
    second = await stage.feature("sso")
    await _archive(stage, second)
    active = await stage.feature("sso")

    async with stage.db.read() as connection:
        found = await load_features_by_key(connection, stage.env, ["sso", "SSO", "none"])

    assert [feature.id for feature in found["sso"]] == [active.id, second.id, first.id]
    assert list(found) == ["sso"]


async def test_an_active_key_is_given_once_in_each_environment(stage: Stage) -> None:
    await stage.feature("sso")
    other = await Stage.set(stage.db, "other")

    with pytest.raises(UniqueViolation) as refusal:
        await stage.feature("sso")

    assert refusal.value.field == "lookup_key"
    assert (await other.feature("sso")).lookup_key == "sso"


async def test_products_are_found_by_id_by_key_and_by_whether_they_are_active(stage: Stage) -> None:
    pro, free = await stage.product("pro"), await stage.product("free")
    await _deactivate(stage, free)

    async with stage.db.read() as connection:
        by_id = await load_products(connection, stage.env, [pro.id])
        by_key = await load_products_by_key(connection, stage.env, ["free", "none"])
        pages = [await page_products(connection, stage.env, Cut(5), active=active) for active in (None, True, False)]
        counts = [await count_products(connection, stage.env, active=active) for active in (None, True, False)]

    assert by_id == {pro.id: pro}
    assert (by_key["free"].id, by_key["free"].active) == (free.id, False)
    assert [[product.id for product in page.items] for page in pages] == [[free.id, pro.id], [pro.id], [free.id]]
    assert counts == [2, 1, 1]


async def test_detaching_ends_the_row_and_attaching_again_makes_another(stage: Stage) -> None:
    pro, sso = await stage.product("pro"), await stage.feature("sso")
    first = await stage.attach(pro, sso, CatalogRollout.IMMEDIATE)
    with pytest.raises(UniqueViolation) as refusal:
        await stage.attach(pro, sso)
    await _detach(stage, first)
    second = await stage.attach(pro, sso)

    async with stage.db.read() as connection:
        history = (await load_attachments(connection, stage.env, [pro.id]))[pro.id]
        found = await load_product_features(connection, stage.env, [first.id])

    assert refusal.value.field == "feature_id"
    assert isinstance(history, tuple)
    assert [attachment.id for attachment in history] == [first.id, second.id]
    assert found[first.id].rollout is CatalogRollout.IMMEDIATE
    assert found[first.id].detach_rollout is CatalogRollout.NEXT_PERIOD
    assert found[first.id].detached_at == first.attached_at + TICK


async def test_detaching_twice_is_a_mistake_of_the_command(stage: Stage) -> None:
    attachment = await stage.attach(await stage.product("pro"), await stage.feature("sso"))
    await _detach(stage, attachment)
    before = await stage.environment()

    with pytest.raises(RowMissing):
        await _detach(stage, attachment)

    assert await stage.environment() == before


async def test_what_would_unlock_a_feature_are_active_products_that_have_it_now(stage: Stage) -> None:
    sso, audit = await stage.feature("sso"), await stage.feature("audit")
    oldest, middle, newest = [await stage.plan(key, sso) for key in ("oldest", "middle", "newest")]
    inactive, former = await stage.plan("inactive", sso), await stage.product("former")
    await _deactivate(stage, inactive)
    await _detach(stage, (await stage.attach(former, sso)))

    async with stage.db.read() as connection:
        everything = await products_with_features(connection, stage.env, [sso.id, audit.id], 10)
        two = await products_with_features(connection, stage.env, [sso.id], 2)

    assert everything == {sso.id: [newest.id, middle.id, oldest.id], audit.id: []}
    assert two == {sso.id: [newest.id, middle.id]}


async def test_the_versions_grow_once_with_every_write_they_are_for(stage: Stage) -> None:
    seen: list[tuple[int, int, datetime | None]] = []

    async def see() -> None:
        environment = await stage.environment()
        seen.append((environment.catalogue_version, environment.attachments_version, environment.catalogue_written_at))

    async def three_at_once(work: CatalogueWork) -> None:
        for key in "abc":
            await insert_feature(work, Feature(FeatureId(new_id("feat")), key, key, {}, work.instant))

    async def look(work: CatalogueWork) -> None:
        await load_features(work.connection, stage.env, [])

    await see()
    await write_catalogue(stage.db, stage.env, three_at_once)
    await see()
    product = await stage.product("pro")
    await see()
    attachment = await stage.attach(product, await stage.feature("sso"))
    await see()
    await write_catalogue(stage.db, stage.env, look)
    await see()
    await _detach(stage, attachment)
    await see()

    assert seen == [
        (0, 0, None),
        (1, 0, NOON),
        (2, 0, NOON + TICK),
        (4, 1, NOON + 3 * TICK),
        (4, 1, NOON + 3 * TICK),
        (5, 2, NOON + 4 * TICK),
    ]


async def test_another_environments_objects_are_unknown(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    sso, pro = await stage.feature("sso"), await stage.product("pro")
    attachment = await stage.attach(pro, sso)

    async def edit(work: CatalogueWork) -> None:
        await update_feature(work, sso.id, name="Taken over")

    with pytest.raises(RowMissing):
        await write_catalogue(stage.db, other.env, edit)
    async with stage.db.read() as connection:
        assert await load_features(connection, other.env, [sso.id]) == {}
        assert await load_features_by_key(connection, other.env, ["sso"]) == {}
        assert await load_products(connection, other.env, [pro.id]) == {}
        assert await load_products_by_key(connection, other.env, ["pro"]) == {}
        assert await load_product_features(connection, other.env, [attachment.id]) == {}
        assert await load_attachments(connection, other.env, [pro.id]) == {pro.id: ()}
        assert await products_with_features(connection, other.env, [sso.id], 5) == {sso.id: []}


@pytest.mark.parametrize("looks_first", [True, False])
async def test_of_32_tasks_that_create_one_lookup_key_one_succeeds(stage: Stage, *, looks_first: bool) -> None:
    async def command(work: CatalogueWork) -> bool:
        if looks_first and await load_features_by_key(work.connection, stage.env, ["sso"]):
            return False
        await insert_feature(work, Feature(FeatureId(new_id("feat")), "SSO", "sso", {}, work.instant))
        return True

    async def create() -> bool:
        try:
            return await write_catalogue(stage.db, stage.env, command)
        except UniqueViolation:
            return False

    created = await asyncio.gather(*(create() for _ in range(32)))

    assert sorted(created) == [False] * 31 + [True]
    assert (await stage.environment()).catalogue_version == 1


async def test_of_32_tasks_that_attach_one_feature_one_succeeds(stage: Stage) -> None:
    pro, sso = await stage.product("pro"), await stage.feature("sso")

    async def attach() -> bool:
        try:
            await stage.attach(pro, sso)
        except UniqueViolation:
            return False
        return True

    attached = await asyncio.gather(*(attach() for _ in range(32)))

    assert sorted(attached) == [False] * 31 + [True]
    assert (await stage.environment()).attachments_version == 1
