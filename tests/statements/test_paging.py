"""Keyset paging: over a list that stands still, and over one that doesn't."""

import pytest

from entitlements.facts import CatalogRollout, Feature, FeatureId, ProductFeature
from storage.features import archive_feature, count_features, insert_feature, page_features
from storage.ids import new_id
from storage.paging import Cut, Page, Position
from storage.product_features import counts_of_product_features, detach_feature, pages_of_product_features
from storage.unit_of_work import CatalogueWork, write_catalogue
from tests.statements.stage import Stage


async def _page(stage: Stage, cut: Cut, *, archived: bool = False, lookup_key: str | None = None) -> Page[Feature]:
    async with stage.db.read() as connection:
        return await page_features(connection, stage.env, cut, archived=archived, lookup_key=lookup_key)


async def _archive(stage: Stage, feature: Feature) -> None:
    async def command(work: CatalogueWork) -> None:
        await archive_feature(work, feature.id)

    await write_catalogue(stage.db, stage.env, command)


def _at(feature: Feature) -> Position:
    return feature.created_at, feature.id


def _keys(page: Page[Feature]) -> str:
    return "".join(feature.lookup_key for feature in page.items)


async def _letters(stage: Stage, letters: str) -> dict[str, Feature]:
    return {letter: await stage.feature(letter) for letter in letters}


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_forwards_every_row_comes_once_newest_first(stage: Stage, limit: int) -> None:
    await _letters(stage, "gfedcba")
    seen, after = "", None

    while True:
        page = await _page(stage, Cut(limit, after=after))
        seen += _keys(page)
        if not page.has_next:
            break
        after = _at(page.items[-1])

    assert seen == "abcdefg"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_backwards_every_row_comes_once_and_pages_keep_the_lists_order(stage: Stage, limit: int) -> None:
    await _letters(stage, "gfedcba")
    seen, before = "", None

    while True:
        page = await _page(stage, Cut(limit, backwards=True, before=before))
        seen = _keys(page) + seen
        if not page.has_previous:
            break
        before = _at(page.items[0])

    assert seen == "abcdefg"


async def test_a_page_knows_whether_the_list_goes_on(stage: Stage) -> None:
    letters = await _letters(stage, "edcba")

    first = await _page(stage, Cut(2))
    middle = await _page(stage, Cut(2, after=_at(letters["b"])))
    last = await _page(stage, Cut(2, after=_at(letters["c"])))
    end = await _page(stage, Cut(2, backwards=True))
    before_end = await _page(stage, Cut(2, backwards=True, before=_at(letters["c"])))
    between = await _page(stage, Cut(2, after=_at(letters["a"]), before=_at(letters["e"])))

    assert [(_keys(p), p.has_previous, p.has_next) for p in (first, middle, last, end, before_end, between)] == [
        ("ab", False, True),
        ("cd", True, True),
        ("de", True, False),
        ("de", True, False),
        ("ab", False, True),
        ("bc", True, True),
    ]


async def test_rows_added_and_removed_meanwhile_move_nothing(stage: Stage) -> None:
    letters = await _letters(stage, "fedcba")
    first = await _page(stage, Cut(3))

    await stage.feature("new")
    await _archive(stage, letters["b"])
    await _archive(stage, letters["c"])
    await _archive(stage, letters["e"])
    rest = await _page(stage, Cut(3, after=_at(first.items[-1])))

    assert (_keys(first), _keys(rest)) == ("abc", "df")


async def test_rows_of_one_instant_are_told_apart_by_id(stage: Stage) -> None:
    async def command(work: CatalogueWork) -> None:
        for letter in "dcba":
            await insert_feature(work, Feature(FeatureId(new_id("feat")), letter, letter, {}, work.instant))

    await write_catalogue(stage.db, stage.env, command)
    first = await _page(stage, Cut(2))
    rest = await _page(stage, Cut(2, after=_at(first.items[-1])))

    assert (_keys(first), _keys(rest)) == ("ab", "cd")


async def test_lists_and_their_counts_go_by_the_filter(stage: Stage) -> None:
    letters = await _letters(stage, "cba")
    await _archive(stage, letters["b"])
    await stage.feature("b")

    async with stage.db.read() as connection:
        counts = [
            await count_features(connection, stage.env, archived=archived, lookup_key=lookup_key)
            for archived, lookup_key in [(False, None), (True, None), (True, "b"), (True, "a"), (False, "b")]
        ]

    assert counts == [3, 1, 1, 0, 1]
    assert _keys(await _page(stage, Cut(9))) == "bac"
    assert (await _page(stage, Cut(9), archived=True)).items[0].id == letters["b"].id
    assert _keys(await _page(stage, Cut(9), archived=True, lookup_key="a")) == ""


async def test_an_environment_lists_its_own(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    await _letters(stage, "a")
    await _letters(other, "b")

    assert (_keys(await _page(stage, Cut(5))), _keys(await _page(other, Cut(5)))) == ("a", "b")


class TestManyParentsAtOnce:
    """The same page of the lists of several products, or of several features."""

    async def test_every_parent_has_the_page_of_its_own_list(self, stage: Stage) -> None:
        features = await _letters(stage, "abcd")
        names = {feature.id: letter for letter, feature in features.items()}
        pro = await stage.plan("pro", *features.values())
        free = await stage.plan("free", features["a"])
        empty = await stage.plan("empty")
        parents = [pro.id, free.id, empty.id]

        async with stage.db.read() as connection:
            pages = await pages_of_product_features(
                connection, stage.env, by="product", parents=parents, cut=Cut(2), detached=False
            )
            ends = await pages_of_product_features(
                connection, stage.env, by="product", parents=parents, cut=Cut(2, backwards=True), detached=False
            )
            counts = await counts_of_product_features(
                connection, stage.env, by="product", parents=parents, detached=False
            )

        def shown(page: Page[ProductFeature]) -> tuple[str, bool, bool]:
            return "".join(names[row.feature] for row in page.items), page.has_previous, page.has_next

        assert [shown(pages[parent]) for parent in parents] == [
            ("dc", False, True),
            ("a", False, False),
            ("", False, False),
        ]
        assert [shown(ends[parent]) for parent in parents] == [
            ("ba", True, False),
            ("a", False, False),
            ("", False, False),
        ]
        assert counts == {pro.id: 4, free.id: 1, empty.id: 0}

    async def test_detached_ones_are_listed_when_asked_for(self, stage: Stage) -> None:
        sso = await stage.feature("sso")
        pro, team = await stage.product("pro"), await stage.product("team")
        kept, ended = await stage.attach(pro, sso), await stage.attach(team, sso)

        async def detach(work: CatalogueWork) -> None:
            await detach_feature(work, ended, CatalogRollout.IMMEDIATE)

        await write_catalogue(stage.db, stage.env, detach)
        async with stage.db.read() as connection:
            listed = {
                detached: await pages_of_product_features(
                    connection, stage.env, by="feature", parents=[sso.id], cut=Cut(5), detached=detached
                )
                for detached in (False, True)
            }
            counts = [
                await counts_of_product_features(
                    connection, stage.env, by="feature", parents=[sso.id], detached=detached
                )
                for detached in (False, True)
            ]

        assert [row.id for row in listed[False][sso.id].items] == [kept.id]
        assert [row.id for row in listed[True][sso.id].items] == [ended.id, kept.id]
        assert counts == [{sso.id: 1}, {sso.id: 2}]
