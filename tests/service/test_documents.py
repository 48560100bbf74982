"""Documents that a request names: how it may name them, and which it gets under each of the settings."""

from collections.abc import Callable
from hashlib import sha256
from typing import Literal

import pytest

from entitlements.facts import EnvironmentId
from gateway.documents import store
from gateway.documents.ids import NamedDocument, named_document
from gateway.documents.store import BELIEVED_SECONDS, DocumentRefused, Documents, Found
from gateway.refusals import BadRequest
from gateway.settings import Settings
from storage.database import Database
from storage.environments import create_environment
from storage.errors import DatabaseUnavailable
from storage.records import NewDocument
from storage.trusted_documents import find_document, import_documents, keep_persisted, list_documents, remove_document
from tests.operations.statements import statements

Mode = Literal["off", "allow", "require"]


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


PAGE, CART, LOOSE = (f"query {name} {{ viewer {{ id }} }}" for name in ("Page", "Cart", "Loose"))
PAGE_HASH, CART_HASH, LOOSE_HASH = map(hash_of, (PAGE, CART, LOOSE))

NOT_SUPPORTED = (400, "PERSISTED_QUERY_NOT_SUPPORTED")
NOT_FOUND = (400, "PERSISTED_QUERY_NOT_FOUND")
REQUIRED = (400, "TRUSTED_DOCUMENT_REQUIRED")


def by_id(id_: str) -> NamedDocument:
    return NamedDocument(id_)


def by_apollo(id_: str) -> NamedDocument:
    return NamedDocument(id_, by_apollo=True)


def documents_of(database: Database, mode: Mode, *, persisted: bool = False) -> Documents:
    return Documents(database, Settings(trusted_documents=mode, persisted_queries=persisted))


@pytest.fixture
async def environment(database: Database) -> EnvironmentId:
    """An environment to which PAGE was imported, and in which a client had CART kept."""
    made = await create_environment(database, "shop", livemode=False)
    await import_documents(database, made.id, [NewDocument(PAGE, alias="shop/Page")])
    await keep_persisted(database, made.id, CART_HASH, CART)
    return made.id


@pytest.mark.parametrize(
    ("fields", "extensions", "path", "named"),
    [
        ({}, None, None, None),
        ({"documentId": None, "doc_id": None}, {"persistedQuery": None}, None, None),
        ({"query": PAGE}, {"tracing": True}, None, None),
        ({"documentId": f"sha256:{PAGE_HASH}"}, None, None, by_id(PAGE_HASH)),
        ({"documentId": PAGE_HASH}, None, None, by_id(PAGE_HASH)),
        ({"documentId": "shop/Page"}, None, None, by_id("shop/Page")),
        ({"documentId": "x" * 255}, None, None, by_id("x" * 255)),
        ({"doc_id": PAGE_HASH}, None, None, by_id(PAGE_HASH)),
        ({}, None, f"sha256:{PAGE_HASH}", by_id(PAGE_HASH)),
        ({}, None, "shop/Page", by_id("shop/Page")),
        ({}, {"persistedQuery": {"version": 1, "sha256Hash": PAGE_HASH}}, None, by_apollo(PAGE_HASH)),
        ({}, {"persistedQuery": {"version": 1, "sha256Hash": "shop/Page"}}, None, by_apollo("shop/Page")),
        ({"documentId": f"sha256:{PAGE_HASH}", "doc_id": PAGE_HASH}, None, PAGE_HASH, by_id(PAGE_HASH)),
    ],
)
def test_a_document_is_named_in_each_spelling(
    fields: dict[str, object], extensions: dict[str, object] | None, path: str | None, named: NamedDocument | None
) -> None:
    assert named_document(fields, extensions, path) == named


@pytest.mark.parametrize(
    "id_", ["", "a b", "x" * 256, "é", "a\0", "md5:1", "sha256:", f"sha256:{PAGE_HASH.upper()}", f"sha256:{PAGE_HASH}0"]
)
def test_what_is_no_id_is_refused_unseen(id_: str) -> None:
    with pytest.raises(BadRequest, match="isn't a document's id: "):
        named_document({"documentId": id_}, None)


@pytest.mark.parametrize(
    ("fields", "extensions", "message"),
    [
        ({"documentId": 1}, {}, "`documentId` must be a text or null."),
        ({"doc_id": ["x"]}, {}, "`doc_id` must be a text or null."),
        ({"documentId": "a", "doc_id": "b"}, {}, "The request names several documents: send one id."),
        ({}, {"persistedQuery": "x"}, "`extensions.persistedQuery` must be an object or null."),
        ({}, {"persistedQuery": {"sha256Hash": PAGE_HASH}}, "`extensions.persistedQuery` must hold `version`, "),
        (
            {},
            {"persistedQuery": {"version": 2, "sha256Hash": "x"}},
            "`extensions.persistedQuery` must hold `version`, ",
        ),
        ({}, {"persistedQuery": {"version": True, "sha256Hash": "x"}}, "`extensions.persistedQuery` must hold "),
        ({}, {"persistedQuery": {"version": 1}}, "`extensions.persistedQuery` must hold `version`, "),
        ({}, {"persistedQuery": {"version": 1, "sha256Hash": 5}}, "`extensions.persistedQuery.sha256Hash` must be a "),
    ],
)
def test_ids_in_a_wrong_shape_are_refused(
    fields: dict[str, object], extensions: dict[str, object], message: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        named_document(fields, extensions)

    assert str(refused.value).startswith(message)


Outcome = bool | tuple[int, str]

# What a request sends, and what becomes of it: with trusted documents off, allowed, and required; then off and allowed
# with those that clients had kept. A bool: it is carried out, and whether it is trusted. Otherwise status and code.
MATRIX: list[tuple[tuple[str | None, NamedDocument | None], tuple[Outcome, ...]]] = [
    ((LOOSE, None), (False, False, REQUIRED, False, False)),
    ((PAGE, None), (False, False, True, False, False)),
    ((CART, None), (False, False, REQUIRED, False, False)),
    ((None, by_id(PAGE_HASH)), (NOT_SUPPORTED, True, True, False, True)),
    ((" ", by_id("shop/Page")), (NOT_SUPPORTED, True, True, False, True)),
    ((None, by_apollo("shop/Page")), ((200, NOT_SUPPORTED[1]), True, True, False, True)),
    ((None, by_id(CART_HASH)), (NOT_SUPPORTED, NOT_FOUND, NOT_FOUND, False, False)),
    ((None, by_id(LOOSE_HASH)), (NOT_SUPPORTED, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND)),
    ((None, by_id("shop/None")), (NOT_SUPPORTED, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND)),
    ((None, by_apollo(LOOSE_HASH)), ((200, NOT_SUPPORTED[1]), *[(200, NOT_FOUND[1])] * 4)),
    ((PAGE, by_apollo(PAGE_HASH)), (False, True, True, False, True)),
    ((LOOSE, by_apollo(LOOSE_HASH)), (False, False, REQUIRED, False, False)),
    ((LOOSE, by_id(LOOSE_HASH)), (False, False, REQUIRED, False, False)),
    ((LOOSE, by_apollo("shop/None")), (False, False, REQUIRED, False, False)),
    ((PAGE, by_apollo("shop/None")), (False, True, True, False, True)),
    ((None, None), ((400, "BAD_REQUEST"),) * 5),
]


@pytest.mark.parametrize(
    ("mode", "persisted", "column"),
    [
        ("off", False, 0),
        ("allow", False, 1),
        ("require", False, 2),
        ("require", True, 2),
        ("off", True, 3),
        ("allow", True, 4),
    ],
)
async def test_each_setting_takes_what_it_says(
    database: Database, environment: EnvironmentId, mode: Mode, persisted: bool, column: int
) -> None:
    documents = documents_of(database, mode, persisted=persisted)

    for (text, named), expected in MATRIX:
        outcome: Outcome
        try:
            found = await documents.find(environment, text, named)
        except DocumentRefused as error:
            outcome = error.status, error.code
        else:
            outcome = found.trusted
            assert found.text in {PAGE, CART, LOOSE}
            assert text in {None, " ", found.text}
        assert outcome == expected[column], (text, named)


async def test_apollos_clients_are_answered_in_the_words_they_compare(
    database: Database, environment: EnvironmentId
) -> None:
    with pytest.raises(DocumentRefused, match=r"\APersistedQueryNotFound\Z"):
        await documents_of(database, "allow").find(environment, None, by_apollo(LOOSE_HASH))
    with pytest.raises(DocumentRefused, match=r"\APersistedQueryNotSupported\Z"):
        await documents_of(database, "off").find(environment, None, by_apollo(LOOSE_HASH))


@pytest.mark.parametrize("mode", ["off", "allow"])
async def test_a_document_sent_by_itself_asks_the_database_nothing(
    database: Database, environment: EnvironmentId, mode: Mode
) -> None:
    documents = documents_of(database, mode, persisted=True)

    with statements(database) as sent:
        await documents.find(environment, LOOSE, None)

    assert sent == []


@pytest.mark.parametrize("named", [by_id(PAGE_HASH), by_apollo(PAGE_HASH)])
@pytest.mark.parametrize("mode", ["off", "allow", "require"])
async def test_a_document_under_the_hash_of_another_is_refused_and_not_kept(
    database: Database, environment: EnvironmentId, mode: Mode, named: NamedDocument
) -> None:
    documents = documents_of(database, mode, persisted=True)

    with pytest.raises(DocumentRefused) as refused:
        await documents.find(environment, LOOSE, named)

    assert (refused.value.status, refused.value.code) == (400, "BAD_REQUEST")
    assert len(await list_documents(database, environment)) == 2


async def test_a_document_of_another_environment_is_unknown(database: Database, environment: EnvironmentId) -> None:
    other = await create_environment(database, "other", livemode=False)
    documents = documents_of(database, "allow", persisted=True)
    await documents.find(environment, None, by_id(PAGE_HASH))

    for id_ in (PAGE_HASH, CART_HASH, "shop/Page"):
        with pytest.raises(DocumentRefused, match="No document is known by this id here"):
            await documents.find(other.id, None, by_id(id_))


async def test_a_document_sent_with_its_hash_is_kept_once_it_proved_valid(
    database: Database, environment: EnvironmentId
) -> None:
    documents = documents_of(database, "allow", persisted=True)

    found = await documents.find(environment, LOOSE, by_apollo(LOOSE_HASH))
    assert found == Found(LOOSE, new_hash=LOOSE_HASH)
    assert await find_document(database, environment, LOOSE_HASH) is None
    await documents.keep(environment, found)

    assert await documents.find(environment, None, by_apollo(LOOSE_HASH)) == Found(LOOSE)
    assert await documents.find(environment, LOOSE, by_apollo(LOOSE_HASH)) == Found(LOOSE)


@pytest.mark.parametrize("mode", ["off", "allow"])
async def test_nothing_is_kept_unless_the_settings_say_so(
    database: Database, environment: EnvironmentId, mode: Mode
) -> None:
    documents = documents_of(database, mode)

    found = await documents.find(environment, LOOSE, by_apollo(LOOSE_HASH))
    await documents.keep(environment, found)

    assert found == Found(LOOSE)
    assert await find_document(database, environment, LOOSE_HASH) is None


@pytest.mark.parametrize("named", [by_id(LOOSE_HASH), by_id("shop/None"), by_apollo("shop/None")])
async def test_only_apollos_hashes_keep_a_document(
    database: Database, environment: EnvironmentId, named: NamedDocument
) -> None:
    found = await documents_of(database, "allow", persisted=True).find(environment, LOOSE, named)

    assert found == Found(LOOSE)


@pytest.mark.parametrize("text", ["# \0\n{ viewer { id } }", "# \ud800\n{ viewer { id } }"])
async def test_a_text_that_no_database_holds_is_not_kept_and_not_imported(
    database: Database, environment: EnvironmentId, text: str
) -> None:
    documents = documents_of(database, "allow", persisted=True)
    await documents.keep(environment, Found(text, new_hash=LOOSE_HASH))

    with pytest.raises(DocumentRefused) as refused:
        await documents_of(database, "require").find(environment, text, None)

    assert refused.value.code == "TRUSTED_DOCUMENT_REQUIRED"
    assert len(await list_documents(database, environment)) == 2


async def test_no_operation_fails_for_want_of_a_place_to_keep_it() -> None:
    database = Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    documents = documents_of(database, "allow", persisted=True)

    await documents.keep(EnvironmentId("env_1"), Found(LOOSE, new_hash=LOOSE_HASH))

    with pytest.raises(DatabaseUnavailable):
        await documents.find(EnvironmentId("env_1"), None, by_id(LOOSE_HASH))
    await database.close()


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass, for what is remembered."""
    now = 0.0

    def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(store, "monotonic", lambda: now)
    return wait


async def test_a_document_is_believed_for_a_minute_and_stops_after_it_was_removed(
    database: Database, environment: EnvironmentId, wait: Callable[[float], None]
) -> None:
    documents = documents_of(database, "allow")
    await documents.find(environment, None, by_id("shop/Page"))
    await remove_document(database, environment, "shop/Page")

    wait(BELIEVED_SECONDS - 1)
    with statements(database) as sent:
        assert (await documents.find(environment, None, by_id("shop/Page"))).text == PAGE
    assert sent == []

    wait(1)
    with pytest.raises(DocumentRefused):
        await documents.find(environment, None, by_id("shop/Page"))


async def test_an_unknown_id_is_looked_up_each_time_and_known_once_it_is_imported(
    database: Database, environment: EnvironmentId
) -> None:
    documents = documents_of(database, "allow")
    for _ in range(2):
        with statements(database) as sent, pytest.raises(DocumentRefused):
            await documents.find(environment, None, by_id(LOOSE_HASH))
        assert len(sent) == 1

    await import_documents(database, environment, [NewDocument(LOOSE)])

    assert await documents.find(environment, None, by_id(LOOSE_HASH)) == Found(LOOSE, trusted=True)


@pytest.mark.parametrize(("bound", "value"), [("REMEMBERED", 2), ("REMEMBERED_CHARACTERS", len(PAGE + CART))])
async def test_what_is_remembered_is_bounded_and_the_longest_unused_goes(
    database: Database, environment: EnvironmentId, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(store, bound, value)
    documents = documents_of(database, "allow", persisted=True)

    async def look_ups(id_: str) -> int:
        with statements(database) as sent:
            await documents.find(environment, None, by_id(id_))
        return len(sent)

    assert [await look_ups(id_) for id_ in (PAGE_HASH, CART_HASH, PAGE_HASH)] == [1, 1, 0]
    assert [await look_ups(id_) for id_ in ("shop/Page", PAGE_HASH, CART_HASH)] == [1, 0, 1]
