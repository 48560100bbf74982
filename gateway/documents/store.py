"""Where an operation's document comes from: the request itself, or what its environment keeps."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from entitlements.facts import EnvironmentId
from gateway.documents.ids import NamedDocument, hash_of
from gateway.settings import Settings
from schema.error_codes import ErrorCode
from storage.database import Database
from storage.errors import DatabaseUnavailable, UnstorableText
from storage.records import DocumentKind, StoredDocument
from storage.trusted_documents import find_document, keep_persisted

BELIEVED_SECONDS = 60.0
"""How long a document that was found is used without another look: one that is removed stops after that."""
REMEMBERED = 1_000
REMEMBERED_CHARACTERS = 16_000_000
"""What a process remembers of the documents it found, in documents and in characters."""


class DocumentRefused(Exception):
    """A request whose document isn't had or isn't taken. The message is for the caller."""

    def __init__(self, message: str, code: ErrorCode, *, status: int = 400) -> None:
        self.status, self.code = status, code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Found:
    """A document's text. `trusted`: its owner imported it. `new_hash`: what to keep it under once it proved valid."""

    text: str = field(repr=False)
    trusted: bool = False
    new_hash: str | None = None


class Documents:
    """The documents that requests may name, as the settings have it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._trusts = settings.trusted_documents != "off"
        self._only_trusted = settings.trusted_documents == "require"
        self._keeps = settings.persisted_queries and not self._only_trusted
        self._knows_ids = self._trusts or self._keeps
        self._remembered = _Remembered()

    async def find(self, environment: EnvironmentId, text: str | None, named: NamedDocument | None) -> Found:
        """The document that a request sends, names, or both. Raises: DocumentRefused, DatabaseUnavailable."""
        if not text or text.isspace():
            return await self._find_named(environment, named)
        digest = hash_of(text) if named or self._only_trusted else None
        # An id of one's own says nothing of a text: a client sends both where the id alone was unknown.
        if named and named.is_hash and digest != named.id:
            message = "The request sends a document and the id of another: the id isn't the SHA-256 of `query`."
            raise DocumentRefused(message, ErrorCode.BAD_REQUEST)
        document = await self._look_up(environment, digest) if digest else None
        if document is not None:
            return self._found(document)
        if self._only_trusted:
            message = "Only imported documents are carried out here: name one by its id."
            raise DocumentRefused(message, ErrorCode.TRUSTED_DOCUMENT_REQUIRED)
        is_for_keeping = self._keeps and named is not None and named.by_apollo and named.is_hash
        return Found(text, new_hash=digest if is_for_keeping else None)

    async def keep(self, environment: EnvironmentId, found: Found) -> None:
        """Keeps a document that was sent with its hash, for requests that will name it. It must have proved valid."""
        if found.new_hash is not None:
            # Whatever stands in the way, a text that no database can hold or a database that is busy or away: the
            # operation is carried out like any other, and sent in full the next time.
            with suppress(UnstorableText, DatabaseUnavailable):
                await keep_persisted(self._database, environment, found.new_hash, found.text)

    async def _find_named(self, environment: EnvironmentId, named: NamedDocument | None) -> Found:
        if named is None:
            raise DocumentRefused("The request has neither a `query` nor a `documentId`.", ErrorCode.BAD_REQUEST)
        if not self._knows_ids:
            raise _unsupported(named)
        document = await self._look_up(environment, named.id)
        if document is None:
            raise _unknown(named)
        return self._found(document)

    async def _look_up(self, environment: EnvironmentId, id_: str) -> StoredDocument | None:
        if not self._knows_ids:
            return None
        document = self._remembered.find(environment, id_)
        if document is None:
            document = await find_document(self._database, environment, id_)
            if document is not None:
                self._remembered.keep(environment, id_, document)
        if document is not None and document.kind is DocumentKind.PERSISTED and not self._keeps:
            return None
        return document

    def _found(self, document: StoredDocument) -> Found:
        # Where nothing is trusted, an imported document is still one that needn't be sent again.
        return Found(document.text, trusted=self._trusts and document.kind is DocumentKind.IMPORTED)


class _Remembered:
    """What was found lately; that something wasn't is never remembered, as it may be imported the moment after."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[EnvironmentId, str], tuple[float, StoredDocument]] = OrderedDict()
        self._characters = 0

    def find(self, environment: EnvironmentId, id_: str) -> StoredDocument | None:
        key = environment, id_
        until, document = self._kept.get(key, (0.0, None))
        if document is None:
            return None
        if until <= monotonic():
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return document

    def keep(self, environment: EnvironmentId, id_: str, document: StoredDocument) -> None:
        key = environment, id_
        self._forget(key)
        self._kept[key] = monotonic() + BELIEVED_SECONDS, document
        self._characters += len(document.text)
        while len(self._kept) > REMEMBERED or self._characters > REMEMBERED_CHARACTERS:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: tuple[EnvironmentId, str]) -> None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            self._characters -= len(entry[1].text)


def _unsupported(named: NamedDocument) -> DocumentRefused:
    if named.by_apollo:
        # Apollo's clients compare the message, and send whole documents from then on.
        return DocumentRefused("PersistedQueryNotSupported", ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, status=200)
    message = "Documents aren't known by id here: send the document itself, as `query`."
    return DocumentRefused(message, ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)


def _unknown(named: NamedDocument) -> DocumentRefused:
    if named.by_apollo:
        # As Apollo's server has it: some of its clients read no body with another status, and would not send the text.
        return DocumentRefused("PersistedQueryNotFound", ErrorCode.PERSISTED_QUERY_NOT_FOUND, status=200)
    # Not 404, which caches on the way may keep by themselves, and which looks like a wrong address.
    return DocumentRefused("No document is known by this id here.", ErrorCode.PERSISTED_QUERY_NOT_FOUND)
