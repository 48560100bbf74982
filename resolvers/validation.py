"""Checks of single values, the same for every use case. Lengths are in code points, as Stripe's are."""

from collections.abc import Mapping

from entitlements.facts import Metadata
from resolvers.errors import Problems, UserErrorCode

NAME_LENGTH = 80
PRODUCT_NAME_LENGTH = 250
CUSTOMER_NAME_LENGTH = 256
ENVIRONMENT_NAME_LENGTH = 80
CLOCK_NAME_LENGTH = 300
KEY_LENGTH = 80
EXTERNAL_ID_LENGTH = 255
EMAIL_LENGTH = 512
REASON_LENGTH = 500
IDEMPOTENCY_KEY_LENGTH = 255
METADATA_KEYS = 50
METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500

MetadataChange = Mapping[str, str | None]
"""Entries to set, and, with the value None, to unset."""


def check_text(problems: Problems, label: str, text: str | None, length: int, *field: str) -> None:
    """Notes a text that is missing, blank, too long, or holds what a database can't store.

    `label` is how a sentence begins that speaks of it: "The name".
    """
    if text is None or not text.strip():
        problems.add(UserErrorCode.BLANK, f"{label} must not be blank.", *field)
    elif not is_storable(text):
        problems.add(UserErrorCode.INVALID, f"{label} holds a NUL or an unpaired surrogate.", *field)
    elif len(text) > length:
        message = f"{label} is {len(text)} characters long; at most {length} are allowed."
        problems.add(UserErrorCode.TOO_LONG, message, *field)


def check_optional_text(problems: Problems, label: str, text: str | None, length: int, *field: str) -> None:
    """As `check_text`, for a text that may be left out."""
    if text is not None:
        check_text(problems, label, text, length, *field)


def check_metadata(problems: Problems, metadata: Metadata, *field: str) -> None:
    """Notes whole metadata that has too many keys, or a key or value that is too long. Source: Stripe, Metadata."""
    if len(metadata) > METADATA_KEYS:
        message = f"Metadata would have {len(metadata)} keys; at most {METADATA_KEYS} are allowed."
        problems.add(UserErrorCode.TOO_MANY, message, *field)
    for key, value in metadata.items():
        check_text(problems, "A metadata key", key, METADATA_KEY_LENGTH, *field)
        if not is_storable(value):
            message = "A metadata value holds a NUL or an unpaired surrogate."
            problems.add(UserErrorCode.INVALID, message, *_entry(field, key))
        elif len(value) > METADATA_VALUE_LENGTH:
            message = f"The value is {len(value)} characters long; at most {METADATA_VALUE_LENGTH} are allowed."
            problems.add(UserErrorCode.TOO_LONG, message, *_entry(field, key))


def new_metadata(problems: Problems, given: MetadataChange | None, *field: str) -> Metadata:
    """The metadata a new object starts with; a null value is noted, as there is nothing to unset yet."""
    metadata = {key: value for key, value in (given or {}).items() if value is not None}
    for key in given or {}:
        if key not in metadata:
            message = "A new object has no metadata to unset; leave the key out."
            problems.add(UserErrorCode.INVALID, message, *_entry(field, key))
    check_metadata(problems, metadata, *field)
    return metadata


def changed_metadata(problems: Problems, current: Metadata, change: MetadataChange | None, *field: str) -> Metadata:
    """The metadata after an update: entries merged in, null values unset, None for all of it clears it."""
    if change is None:
        return {}
    merged = {**current, **change}
    metadata = {key: value for key, value in merged.items() if value is not None}
    check_metadata(problems, metadata, *field)
    return metadata


def _entry(field: tuple[str, ...], key: str) -> tuple[str, ...]:
    """The path to one entry of a map; to the map itself where the key is at fault too and can't be repeated."""
    return (*field, key) if is_storable(key) and len(key) <= METADATA_KEY_LENGTH else field


def is_storable(text: str) -> bool:
    """Whether a text could be in a database at all.

    PostgreSQL can't store NUL, and neither database an unpaired surrogate; both must answer alike.
    """
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
