"""How a request names its document, in whichever of the spellings that clients have.

`documentId` of the GraphQL-over-HTTP draft (`sha256:` and the hash, or an id of one's own without a colon), Relay's
`doc_id`, Apollo's `extensions.persistedQuery`, and the address /graphql/d/<id>.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from gateway.refusals import BadRequest

HASH_PREFIX = "sha256:"

_HASH = re.compile("[0-9a-f]{64}")
# What can stand in an address and in a log as it is. The colon is left to prefixes such as `sha256:`.
_OWN_ID = re.compile("[!-9;-~]{1,255}")


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """The document that a request names: by the SHA-256 of its text in hexadecimal, or by an id of one's own.

    `by_apollo`: it was named in Apollo's way, by a client that waits for the answers of Apollo's server, and that may
    send the text along to have it kept.
    """

    id: str
    by_apollo: bool = False

    @property
    def is_hash(self) -> bool:
        """Whether it is named by its hash."""
        return is_hash(self.id)


def named_document(
    given: Mapping[str, object], extensions: Mapping[str, object] | None, path_id: str | None = None
) -> NamedDocument | None:
    """What a request's fields and its address say; None if they name nothing.

    Raises: BadRequest, for what is no id, and for two ids that differ.
    """
    apollo = _read_apollo(extensions or {})
    named = (
        ("The id in the address", path_id),
        ("`documentId`", given.get("documentId")),
        ("`doc_id`", given.get("doc_id")),
    )
    ids = {_read_id(label, value) for label, value in named if value is not None}
    if apollo is not None:
        ids.add(apollo)
    if len(ids) > 1:
        raise BadRequest("The request names several documents: send one id.")
    return NamedDocument(ids.pop(), by_apollo=apollo is not None) if ids else None


def is_hash(text: str) -> bool:
    """Whether a text looks like a SHA-256: 64 hexadecimal digits in lower case."""
    return _HASH.fullmatch(text) is not None


def is_own_id(text: str) -> bool:
    """Whether a text can be an id of one's own: 1 to 255 ASCII characters that print, no space, no colon, no hash."""
    return _OWN_ID.fullmatch(text) is not None and not is_hash(text)


def hash_of(text: str) -> str | None:
    """The hash of a document; None for a text with half of a surrogate pair, which has none."""
    try:
        return sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        return None


def _read_id(label: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{label} must be a text or null.")
    prefix, colon, rest = value.partition(":")
    if colon and (prefix != HASH_PREFIX[:-1] or not is_hash(rest)):
        raise BadRequest(
            f"{label} isn't a document's id: `sha256:` is followed by 64 hexadecimal digits in lower case."
        )
    if not colon and not _OWN_ID.fullmatch(value):
        raise BadRequest(
            f"{label} isn't a document's id: 1 to 255 ASCII characters that print, without space and colon."
        )
    return rest if colon else value


def _read_apollo(extensions: Mapping[str, object]) -> str | None:
    value = extensions.get("persistedQuery")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadRequest("`extensions.persistedQuery` must be an object or null.")
    given = cast("dict[str, object]", value)
    # A bool is an int to Python, and `true` is no version.
    if given.get("version") is not True and given.get("version") == 1:
        hash_ = given.get("sha256Hash")
        if hash_ is not None:
            return _read_id("`extensions.persistedQuery.sha256Hash`", hash_)
    raise BadRequest("`extensions.persistedQuery` must hold `version`, which is 1, and `sha256Hash`.")
