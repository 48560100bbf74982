"""Trusted documents at rest."""

import asyncio
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from storage.errors import AliasTaken, AliasUnusable, DigestMismatch, DocumentNamedTwice, UnstorableText
from storage.records import DocumentCounts, DocumentKind, NewDocument, StoredDocument
from storage.trusted_documents import (
    find_document,
    import_documents,
    keep_persisted,
    list_documents,
    remove_document,
)
from tests.operations.statements import statements
from tests.statements.stage import NOON, TICK, Stage

PAGE = "query Page { viewer { id } }"
CART = "query Cart { viewer { id } }"


class TickingClock:
    """A process's clock that moves on whenever it is read, so that no two documents are of one instant."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        self.at += TICK
        return self.at


@pytest.fixture(autouse=True)
def clock(stage: Stage) -> TickingClock:
    clock = TickingClock()
    stage.db.clock = clock
    return clock


async def test_an_imported_document_is_found_by_its_hash_and_by_its_alias(stage: Stage) -> None:
    counts = await import_documents(stage.db, stage.env, [NewDocument(PAGE, name="Page", alias="page-1")])

    found = await find_document(stage.db, stage.env, _hash(PAGE))
    assert counts == DocumentCounts(new=1, unchanged=0)
    assert found == StoredDocument(_hash(PAGE), PAGE, DocumentKind.IMPORTED, NOON + TICK, "Page", "page-1")
    assert await find_document(stage.db, stage.env, "page-1") == found


async def test_a_document_is_found_with_one_statement(stage: Stage) -> None:
    with statements(stage.db) as sent:
        await find_document(stage.db, stage.env, _hash(PAGE))

    assert len(sent) == 1


@pytest.mark.parametrize("wrong", ["", "page-2", "sha256:" + "0" * 64, "0" * 64, "\0", "\ud800"])
async def test_an_unknown_id_names_nothing(stage: Stage, wrong: str) -> None:
    await import_documents(stage.db, stage.env, [NewDocument(PAGE)])

    assert await find_document(stage.db, stage.env, wrong) is None
    assert await remove_document(stage.db, stage.env, wrong) is None


async def test_a_second_import_changes_nothing(stage: Stage) -> None:
    manifest = [NewDocument(PAGE, "Page", "page-1"), NewDocument(CART)]
    await import_documents(stage.db, stage.env, manifest)
    before = await list_documents(stage.db, stage.env)

    counts = await import_documents(stage.db, stage.env, [*manifest, NewDocument(PAGE)])

    assert counts == DocumentCounts(new=0, unchanged=2)
    assert await list_documents(stage.db, stage.env) == before


async def test_an_import_adds_the_alias_and_the_name_that_were_missing(stage: Stage) -> None:
    await import_documents(stage.db, stage.env, [NewDocument(PAGE)])

    counts = await import_documents(stage.db, stage.env, [NewDocument(PAGE, "Page", "page-1")])

    assert counts == DocumentCounts(new=1, unchanged=0)
    assert await list_documents(stage.db, stage.env) == [
        StoredDocument(_hash(PAGE), PAGE, DocumentKind.IMPORTED, NOON + TICK, "Page", "page-1")
    ]


async def test_an_alias_that_is_the_hash_itself_is_none(stage: Stage) -> None:
    await import_documents(stage.db, stage.env, [NewDocument(PAGE, alias=_hash(PAGE))])

    found = await find_document(stage.db, stage.env, _hash(PAGE))

    assert found is not None
    assert found.alias is None


@pytest.mark.parametrize("imported_before", [True, False])
async def test_an_alias_never_comes_to_mean_another_text(stage: Stage, imported_before: bool) -> None:
    first, second = NewDocument(PAGE, alias="page"), NewDocument(CART, alias="page")
    if imported_before:
        await import_documents(stage.db, stage.env, [first])
    before = await list_documents(stage.db, stage.env)

    with pytest.raises(AliasTaken) as refusal:
        await import_documents(stage.db, stage.env, [NewDocument("{ a }"), first, second])

    assert (refusal.value.alias, refusal.value.digest) == ("page", _hash(PAGE))
    assert await list_documents(stage.db, stage.env) == before


@pytest.mark.parametrize("imported_before", [True, False])
async def test_a_text_has_one_alias(stage: Stage, imported_before: bool) -> None:
    first, second = NewDocument(PAGE, alias="page"), NewDocument(PAGE, alias="other")
    if imported_before:
        await import_documents(stage.db, stage.env, [first])

    with pytest.raises(DocumentNamedTwice):
        await import_documents(stage.db, stage.env, [first, second])

    assert await find_document(stage.db, stage.env, "other") is None


@pytest.mark.parametrize("alias", ["", "a:b", "x" * 256, "0" * 64, "\0", "\ud800"])
async def test_an_alias_that_could_be_an_id_of_another_kind_is_refused(stage: Stage, alias: str) -> None:
    with pytest.raises(AliasUnusable):
        await import_documents(stage.db, stage.env, [NewDocument(PAGE, alias=alias)])

    assert await list_documents(stage.db, stage.env) == []


@pytest.mark.parametrize("text", ['{ a(b: "\0") }', '{ a(b: "\ud800") }'])
async def test_a_text_that_one_of_the_databases_cannot_hold_is_refused(stage: Stage, text: str) -> None:
    with pytest.raises(UnstorableText):
        await import_documents(stage.db, stage.env, [NewDocument(text)])
    with pytest.raises(UnstorableText):
        await keep_persisted(stage.db, stage.env, "0" * 64, text)


async def test_environments_know_nothing_of_each_others_documents(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    await import_documents(stage.db, stage.env, [NewDocument(PAGE, alias="page")])
    await keep_persisted(stage.db, stage.env, _hash(CART), CART)

    counts = await import_documents(stage.db, other.env, [NewDocument("{ a }", alias="page")])

    assert counts == DocumentCounts(new=1, unchanged=0)
    assert await find_document(stage.db, other.env, _hash(PAGE)) is None
    assert await remove_document(stage.db, other.env, _hash(CART)) is None
    assert len(await list_documents(stage.db, stage.env)) == 2
    assert [each.text for each in await list_documents(stage.db, other.env)] == ["{ a }"]


async def test_a_removed_document_is_unknown(stage: Stage) -> None:
    await import_documents(stage.db, stage.env, [NewDocument(PAGE, alias="page"), NewDocument(CART)])

    removed = await remove_document(stage.db, stage.env, "page")

    assert removed is not None
    assert removed.text == PAGE
    assert [each.text for each in await list_documents(stage.db, stage.env)] == [CART]


async def test_a_document_that_a_client_sent_is_kept_once(stage: Stage) -> None:
    await keep_persisted(stage.db, stage.env, _hash(PAGE), PAGE)
    await keep_persisted(stage.db, stage.env, _hash(PAGE), PAGE)

    assert await list_documents(stage.db, stage.env) == [
        StoredDocument(_hash(PAGE), PAGE, DocumentKind.PERSISTED, NOON + TICK)
    ]


async def test_a_document_under_a_hash_that_is_not_its_own_is_refused(stage: Stage) -> None:
    with pytest.raises(DigestMismatch):
        await keep_persisted(stage.db, stage.env, _hash(CART), PAGE)

    assert await list_documents(stage.db, stage.env) == []


async def test_the_oldest_that_clients_sent_make_way_and_imported_ones_never(stage: Stage) -> None:
    await import_documents(stage.db, stage.env, [NewDocument(PAGE)])
    other = await Stage.set(stage.db, "other")
    await keep_persisted(stage.db, other.env, _hash(CART), CART)

    for text in ("{ a }", "{ b }", "{ c }", "{ d }"):
        await keep_persisted(stage.db, stage.env, _hash(text), text, at_most=2)

    assert [each.text for each in await list_documents(stage.db, stage.env)] == ["{ d }", "{ c }", PAGE]
    assert [each.text for each in await list_documents(stage.db, other.env)] == [CART]


async def test_the_newest_is_kept_by_a_process_whose_clock_is_behind(stage: Stage, clock: TickingClock) -> None:
    await keep_persisted(stage.db, stage.env, _hash(PAGE), PAGE, at_most=1)
    clock.at -= timedelta(hours=1)

    await keep_persisted(stage.db, stage.env, _hash(CART), CART, at_most=1)

    assert [each.text for each in await list_documents(stage.db, stage.env)] == [CART]


async def test_documents_sent_at_once_stay_within_the_bound(stage: Stage) -> None:
    texts = [f"{{ field{number} }}" for number in range(12)]

    await asyncio.gather(*(keep_persisted(stage.db, stage.env, _hash(text), text, at_most=3) for text in texts))
    await keep_persisted(stage.db, stage.env, _hash(PAGE), PAGE, at_most=3)

    kept = [each.text for each in await list_documents(stage.db, stage.env)]
    assert len(kept) == 3
    assert PAGE in kept


async def test_importing_what_a_client_sent_keeps_it_for_good(stage: Stage) -> None:
    await keep_persisted(stage.db, stage.env, _hash(PAGE), PAGE)

    counts = await import_documents(stage.db, stage.env, [NewDocument(PAGE, "Page")])

    found = await find_document(stage.db, stage.env, _hash(PAGE))
    assert counts == DocumentCounts(new=1, unchanged=0)
    assert found is not None
    assert (found.kind, found.name) == (DocumentKind.IMPORTED, "Page")


async def test_a_client_that_sends_an_imported_document_changes_nothing(stage: Stage) -> None:
    await import_documents(stage.db, stage.env, [NewDocument(PAGE, "Page", "page")])
    before = await list_documents(stage.db, stage.env)

    await keep_persisted(stage.db, stage.env, _hash(PAGE), PAGE)

    assert await list_documents(stage.db, stage.env) == before


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
