"""Cursors: good for one list alone, and refused with one clear error anywhere else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from resolvers.cursors import write_cursor
from tests.operations.api import Api
from tests.operations.conftest import START
from tests.operations.lists import FEATURES, LISTS, fill, ids

REFUSAL = "`after` is not a cursor of this list. Pass one that this very connection returned, unchanged."


async def test_a_cursor_of_another_list_is_refused_by_every_list(api: Api) -> None:
    """a cursor of another list; forged, foreign and truncated cursors"""
    await fill(api)
    cursors = {each.place: (await each.page(api))["edges"][0]["cursor"] for each in LISTS}

    for each in LISTS:
        for place, cursor in cursors.items():
            if place != each.place:
                assert await each.refusal(api, f'(after: "{cursor}")') == REFUSAL, (each.place, place)


async def test_a_cursor_of_another_environment_is_refused(api: Api) -> None:
    """a cursor of another environment"""
    other = await Api.open(api.database, "other", at=START, shared=api.shared)
    await fill(api)
    await fill(other)

    for each in LISTS:
        cursor = (await each.page(other))["edges"][0]["cursor"]
        assert await each.refusal(api, f'(after: "{cursor}")') == REFUSAL, each.place


async def test_a_cursor_of_another_parent_is_refused(api: Api) -> None:
    await api.feature("f0")
    await api.product("p0", "f0")
    await api.product("p1", "f0")
    document = """query Q($key: String!, $after: String) {
        product(by: {lookupKey: $key}) { features(after: $after) { edges { cursor } } }
    }"""
    cursor = (await api.run(document, key="p0"))["product"]["features"]["edges"][0]["cursor"]

    result = await api.try_(document, key="p1", after=cursor)

    assert [error.message for error in result.errors or ()] == [REFUSAL]
    assert (await api.run(document, key="p0", after=cursor))["product"]["features"]["edges"] == []


async def test_every_cursor_with_one_bit_flipped_or_cut_short_is_refused(api: Api) -> None:
    """forged cursor; cursors: flipped bits"""
    await api.feature("f0")
    cursor = (await FEATURES.page(api))["edges"][0]["cursor"]
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    flipped = [
        bytes((*raw[:place], raw[place] ^ 1 << bit, *raw[place + 1 :])) for place in range(len(raw)) for bit in (0, 7)
    ]
    altered = [urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
    cut = [cursor[:length] for length in range(len(cursor))] + [cursor[1:]]

    for each in altered + cut:
        assert await FEATURES.refusal(api, f'(after: "{each}")') == REFUSAL, each


@pytest.mark.parametrize(
    "spelling", ["{}=", "{}A", "{} ", "{}\n", ".{}", "{}{}", "", "\0", "\ud800", "ä", "YXJyYXljb25uZWN0aW9uOjU"]
)
async def test_another_spelling_is_another_text(api: Api, spelling: str) -> None:
    await api.feature("f0")
    cursor = (await FEATURES.page(api))["edges"][0]["cursor"]
    document = "query Q($after: String) { list: features(after: $after) { nodes { id } } }"

    result = await api.try_(document, after=spelling.replace("{}", cursor))

    assert result.data == {"list": None}
    assert [error.message for error in result.errors or ()] == [REFUSAL]


async def test_a_made_up_place_gives_nothing_away_and_one_no_row_could_have_is_refused(api: Api) -> None:
    """forged cursors"""
    feature = await api.feature("f0")
    scope = f"{api.environment.id}/features"
    elsewhere, nowhere = write_cursor(scope, (START.replace(year=9999), "")), write_cursor(scope, (START, "\0"))

    assert await FEATURES.entries(api, f'(after: "{elsewhere}")') == [{"id": feature}]
    assert await FEATURES.refusal(api, f'(after: "{nowhere}")') == REFUSAL


async def test_the_error_names_the_argument_at_fault(api: Api) -> None:
    assert await FEATURES.refusal(api, '(last: 1, before: "x")') == REFUSAL.replace("after", "before")


async def test_a_list_goes_on_after_a_row_that_was_archived_since(api: Api) -> None:
    """a cursor whose row was since archived"""
    first, second, third, fourth = [await api.feature(f"f{number}") for number in range(4)]
    page = await FEATURES.page(api, "(first: 2)")
    await api.mutate("archiveFeature", feature={"id": third})
    end = page["pageInfo"]["endCursor"]

    assert ids(page) == [fourth, third]
    assert ids(await FEATURES.page(api, f'(first: 9, after: "{end}")')) == [second, first]
    assert ids(await FEATURES.page(api, f'(last: 9, before: "{end}")')) == [fourth]
