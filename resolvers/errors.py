"""Refusals a caller can mend, and how several of them are collected before one is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class UserErrorCode(StrEnum):
    """What kind of mistake it is; stable, for programs to act on."""

    BLANK = "BLANK"
    TOO_LONG = "TOO_LONG"
    TOO_MANY = "TOO_MANY"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    TAKEN = "TAKEN"
    IMMUTABLE = "IMMUTABLE"
    ARCHIVED = "ARCHIVED"
    INACTIVE = "INACTIVE"
    READ_ONLY = "READ_ONLY"
    ALREADY_ATTACHED = "ALREADY_ATTACHED"
    NOT_ATTACHED = "NOT_ATTACHED"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    IN_PAST = "IN_PAST"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"


@dataclass(frozen=True, slots=True)
class UserError:
    """One thing the caller can mend.

    `field` is the path into the input, in Python's spelling (`("items", "0", "interval_count")`); empty if the input
    as a whole is at fault. `existing` is the id of the object that stands in the way, for TAKEN and ALREADY_ATTACHED.
    """

    code: UserErrorCode
    message: str
    field: tuple[str, ...] = ()
    existing: str | None = None


class Refused(Exception):
    """A write that was refused, with everything that is wrong with it. Nothing of it was stored."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(error.message for error in self.errors))


class InvalidArgument(Exception):
    """A query's argument that no answer can be given for, such as a forged cursor. The message is for the caller."""

    def __init__(self, argument: str, message: str) -> None:
        self.argument = argument
        super().__init__(message)


class NotFound(Exception):
    """What an argument names isn't there for the caller, and null can't say so. The message is for the caller."""

    def __init__(self, argument: str, message: str) -> None:
        self.argument = argument
        super().__init__(message)


def refuse(code: UserErrorCode, message: str, *field: str, existing: str | None = None) -> Refused:
    """A refusal with a single error, to be raised."""
    return Refused([UserError(code, message, field, existing)])


class Problems:
    """Collects what is wrong with an input, so that all of it can be answered at once."""

    def __init__(self, errors: Sequence[UserError] = ()) -> None:
        self.errors = list(errors)

    def add(self, code: UserErrorCode, message: str, *field: str, existing: str | None = None) -> None:
        """Notes one error."""
        self.errors.append(UserError(code, message, field, existing))

    def raise_any(self) -> None:
        """Refuses if anything was noted."""
        if self.errors:
            raise Refused(self.errors)
