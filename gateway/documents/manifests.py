"""Reading the manifests that client tools write: each of a client's documents, with the id it goes by.

GraphQL Code Generator's client preset (`persisted-documents.json`) and Relay's compiler (`persistConfig.file`) write an
object of texts by ids, Apollo (`persisted-query-manifest.json`) a list under the name of its format.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import orjson

from gateway.console import CommandFailed
from gateway.documents.ids import HASH_PREFIX, hash_of, is_own_id
from storage.records import NewDocument

APOLLO_FORMAT = "apollo-persisted-query-manifest"


class ManifestInvalid(CommandFailed):
    """Manifests that can't be imported, with everything that is wrong with them."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def read_manifests(paths: Iterable[Path]) -> list[NewDocument]:
    """The documents of several files, in their order. Raises: ManifestInvalid, with what is wrong in any of them."""
    documents: list[NewDocument] = []
    problems: list[str] = []
    for path in paths:
        try:
            documents += read_manifest(path)
        except ManifestInvalid as error:
            problems += error.problems
    if problems:
        raise ManifestInvalid(problems)
    return documents


def read_manifest(path: Path) -> list[NewDocument]:
    """The documents of a file, in its order. Raises: ManifestInvalid."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ManifestInvalid([f"There is no file {path}."]) from None
    except OSError:
        raise ManifestInvalid([f"{path} can't be read."]) from None
    return parse_manifest(str(path), content)


def parse_manifest(path: str, content: bytes) -> list[NewDocument]:
    """The documents of a manifest; `path` is what problems call it. Raises: ManifestInvalid."""
    try:
        manifest: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ManifestInvalid([f"{path}:{error.lineno}: this is not valid JSON."]) from None
    reader = _Reader(path)
    if not isinstance(manifest, dict):
        raise ManifestInvalid([f"{path}: {_NO_MANIFEST}"])
    fields = cast("dict[str, object]", manifest)
    documents = reader.apollo(fields) if _is_apollo(fields) else reader.by_id(fields)
    if reader.problems:
        raise ManifestInvalid(reader.problems)
    return documents


_NO_MANIFEST = "this is no manifest of GraphQL Code Generator, Relay or Apollo."


class _Reader:
    """Collects what is wrong while it reads."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[str] = []

    def by_id(self, fields: dict[str, object]) -> list[NewDocument]:
        """Code Generator's and Relay's form. Their ids are hashes, so another one is a mistake."""
        documents: list[NewDocument] = []
        for id_, text in fields.items():
            if not isinstance(text, str):
                self._note(id_, "it must be the text of a document.")
            elif id_.removeprefix(HASH_PREFIX) != hash_of(text):
                self._note(id_, _NOT_THE_HASH)
            else:
                documents.append(NewDocument(text))
        return documents

    def apollo(self, fields: dict[str, object]) -> list[NewDocument]:
        """Apollo's form. Its ids may be of the client's own making, and then stand beside the hash."""
        if (fields["format"], fields.get("version")) != (APOLLO_FORMAT, 1):
            self.problems.append(f"{self.path}: of Apollo's formats only `{APOLLO_FORMAT}`, version 1, is known.")
            return []
        operations = fields.get("operations")
        if not isinstance(operations, list):
            self.problems.append(f"{self.path}: `operations` must be a list.")
            return []
        read = [self._operation(at, each) for at, each in enumerate(cast("list[object]", operations))]
        return [document for document in read if document is not None]

    def _operation(self, at: int, operation: object) -> NewDocument | None:
        given = cast("dict[str, object]", operation) if isinstance(operation, dict) else {}
        id_, name, text = given.get("id"), given.get("name"), given.get("body")
        if not isinstance(id_, str) or not isinstance(text, str) or not isinstance(name, str | None):
            self._note(f"operations.{at}", "it must have the texts `id`, `name` and `body`.")
            return None
        if id_.removeprefix(HASH_PREFIX) == hash_of(text):
            return NewDocument(text, name)
        if not is_own_id(id_):
            self._note(name or f"operations.{at}", _NO_ID)
            return None
        return NewDocument(text, name, alias=id_)

    def _note(self, label: str, message: str) -> None:
        self.problems.append(f"{self.path}: {label}: {message}")


_NOT_THE_HASH = (
    "the id isn't the SHA-256 of the document. Set `persistedDocuments.hashAlgorithm` of GraphQL Code Generator to "
    '"sha256", or `persistConfig.algorithm` of Relay to "SHA256", and generate again.'
)
_NO_ID = (
    "the id is neither the SHA-256 of the document nor an id of one's own: 1 to 255 ASCII characters that print, "
    "without space and colon, and no hash of another text."
)


def _is_apollo(fields: dict[str, object]) -> bool:
    # Code Generator and Relay use hashes for keys, so neither of them can have such a one.
    return "format" in fields
