"""Trusted documents at rest: GraphQL documents an environment knows by the hash of their text, or by an alias.

Their owner imports some, and those stay until they are removed. Others are kept because a client sent them together
with their hash; there are only so many of those, and the oldest make way. An id means one text for good.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, RowMapping, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.columns import is_storable
from storage.database import Database
from storage.dialect import insert_into, one_of
from storage.environments import load_environment
from storage.errors import AliasTaken, AliasUnusable, DigestMismatch, DocumentNamedTwice, UnstorableText
from storage.records import DocumentCounts, DocumentKind, NewDocument, StoredDocument
from storage.rows import trusted_documents as documents

PERSISTED_AT_MOST = 1000
"""How many documents that its clients sent an environment keeps."""

ALIAS_LENGTH = 255
"""The most characters an alias has."""

_DIGEST = re.compile("[0-9a-f]{64}")


async def import_documents(db: Database, environment: EnvironmentId, docs: Iterable[NewDocument]) -> DocumentCounts:
    """Makes documents known, all of them or none; of those that were before, an alias or a name is added if missing.

    Raises: AliasTaken, AliasUnusable, DocumentNamedTwice, UnstorableText, EnvironmentMissing, DatabaseUnavailable;
    UniqueViolation("alias"), when another import takes an alias at the same moment.
    """
    given = _by_hash(docs, db.clock.now())
    async with db.begin_write() as connection:
        owner = await load_environment(connection, environment)
        known = await _load(connection, owner.id, list(given), [each.alias for each in given.values() if each.alias])
        _check_aliases([*known.values(), *given.values()])
        joined = [_joined(known.get(digest), document) for digest, document in given.items()]
        new = [document for document in joined if document != known.get(document.hash)]
        await _save(connection, owner.id, new)
    return DocumentCounts(new=len(new), unchanged=len(given) - len(new))


async def find_document(db: Database, environment: EnvironmentId, id_: str) -> StoredDocument | None:
    """The document with this hash, 64 hexadecimal digits in lower case, or with this alias; one statement."""
    async with db.read() as connection:
        query = select(documents).where(documents.c.environment_id == environment, _named(id_))
        row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _read(row)


async def list_documents(db: Database, environment: EnvironmentId) -> list[StoredDocument]:
    """All that an environment knows, newest first."""
    query = select(documents).where(documents.c.environment_id == environment)
    query = query.order_by(documents.c.created_at.desc(), documents.c.hash)
    async with db.read() as connection:
        return [_read(row) for row in (await connection.execute(query)).mappings()]


async def remove_document(db: Database, environment: EnvironmentId, id_: str) -> StoredDocument | None:
    """Forgets a document, named as for `find_document`, and returns it as it was; None if there is none."""
    statement = delete(documents).where(documents.c.environment_id == environment, _named(id_)).returning(documents)
    async with db.begin_write() as connection:
        row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else _read(row)


async def keep_persisted(
    db: Database, environment: EnvironmentId, digest: str, text: str, *, at_most: int = PERSISTED_AT_MOST
) -> None:
    """Keeps a document that a client sent with its hash, and forgets the oldest of its kind beyond `at_most`.

    One that is known stays as it is, and costs no write. Raises: DigestMismatch, UnstorableText, DatabaseUnavailable.
    """
    if document_hash(text) != digest:
        raise DigestMismatch(digest)
    if await find_document(db, environment, digest) is not None:
        return
    document = StoredDocument(digest, text, DocumentKind.PERSISTED, db.clock.now())
    async with db.begin_write() as connection:
        row = {"environment_id": environment, **asdict(document)}
        await connection.execute(insert_into(connection, documents).values(row).on_conflict_do_nothing())
        await _make_way(connection, environment, digest, at_most)


def document_hash(text: str) -> str:
    """A document's id: the SHA-256 of its text, in hexadecimal. Raises: UnstorableText."""
    if not is_storable(text):
        raise UnstorableText
    return sha256(text.encode()).hexdigest()


def _by_hash(docs: Iterable[NewDocument], now: datetime) -> dict[str, StoredDocument]:
    given: dict[str, StoredDocument] = {}
    for each in docs:
        digest = document_hash(each.text)
        # Some manifests give the hash itself as the id.
        alias = None if each.alias == digest else each.alias
        if alias is not None and not _is_usable(alias):
            raise AliasUnusable(alias)
        document = StoredDocument(digest, each.text, DocumentKind.IMPORTED, now, each.name, alias)
        given[digest] = _joined(given.get(digest), document)
    return given


def _is_usable(alias: str) -> bool:
    """Whether no other spelling of an id can be taken for this one: a hash, or what a colon sets apart."""
    return 0 < len(alias) <= ALIAS_LENGTH and ":" not in alias and not _DIGEST.fullmatch(alias) and is_storable(alias)


def _joined(before: StoredDocument | None, document: StoredDocument) -> StoredDocument:
    """What is known of a text after it was given once more."""
    if before is None:
        return document
    if before.alias and document.alias and before.alias != document.alias:
        raise DocumentNamedTwice(document.hash, before.alias, document.alias)
    return replace(before, kind=document.kind, alias=before.alias or document.alias, name=before.name or document.name)


def _check_aliases(all_: Sequence[StoredDocument]) -> None:
    """An alias that came to mean another text would break the clients that were released with the first."""
    meanings: dict[str, str] = {}
    for document in all_:
        if document.alias and meanings.setdefault(document.alias, document.hash) != document.hash:
            raise AliasTaken(document.alias, meanings[document.alias])


async def _load(
    connection: AsyncConnection, environment: EnvironmentId, digests: Sequence[str], aliases: Sequence[str]
) -> Mapping[str, StoredDocument]:
    is_named = or_(one_of(documents.c.hash, digests), one_of(documents.c.alias, aliases))
    rows = await connection.execute(select(documents).where(documents.c.environment_id == environment, is_named))
    return {document.hash: document for document in map(_read, rows.mappings())}


async def _save(connection: AsyncConnection, environment: EnvironmentId, new: Sequence[StoredDocument]) -> None:
    if not new:
        return
    statement = insert_into(connection, documents)
    excluded = statement.excluded
    # Another process may have kept the same text since it was looked for.
    statement = statement.on_conflict_do_update(
        index_elements=["environment_id", "hash"],
        set_={"kind": excluded.kind, "alias": excluded.alias, "name": excluded.name},
    )
    await connection.execute(statement, [{"environment_id": environment, **asdict(document)} for document in new])


async def _make_way(connection: AsyncConnection, environment: EnvironmentId, kept: str, at_most: int) -> None:
    others = (
        documents.c.environment_id == environment,
        documents.c.kind == DocumentKind.PERSISTED,
        documents.c.hash != kept,
    )
    newest = select(documents.c.hash).where(*others).order_by(documents.c.created_at.desc(), documents.c.hash)
    # Two that do this at once choose the same ones, so none is forgotten too early; and they skip what the other holds,
    # so neither waits.
    older = select(documents.c.hash).where(*others, documents.c.hash.not_in(newest.limit(at_most - 1)))
    older = older.with_for_update(skip_locked=True)
    await connection.execute(delete(documents).where(*others, documents.c.hash.in_(older)))


def _named(id_: str) -> ColumnElement[bool]:
    return or_(one_of(documents.c.hash, [id_]), one_of(documents.c.alias, [id_]))


def _read(row: RowMapping) -> StoredDocument:
    return StoredDocument(
        hash=row["hash"],
        text=row["text"],
        kind=DocumentKind(row["kind"]),
        created_at=row["created_at"],
        name=row["name"],
        alias=row["alias"],
    )
