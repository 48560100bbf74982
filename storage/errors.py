"""What storage can refuse or fail at: one class per cause, typed fields in, message out."""

from datetime import datetime

from sqlalchemy.exc import DontWrapMixin

from entitlements.facts import CustomerId, EnvironmentId


class StorageError(Exception):
    """The root of everything storage raises by itself."""


class DatabaseUnavailable(StorageError):
    """The database can't be reached, or didn't get to it in time. Worth trying again later.

    `reason` names the kind of failure and never quotes the driver: the driver's own error is the cause (`__cause__`).
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The database is unavailable: {reason}. Try again shortly.")


class Contended(DatabaseUnavailable):
    """Another writer was in the way: a deadlock, a serialization failure, or SQLite's lock not given in time."""


class UnknownDatabaseUrl(StorageError):
    """A database URL that isn't one of the two supported forms. Its message repeats the scheme at most."""

    def __init__(self, scheme: str | None) -> None:
        self.scheme = scheme
        named = f'The database URL scheme "{scheme}" is not supported' if scheme else "That is not a database URL"
        super().__init__(f'{named}. Use "sqlite:///path/to/file.db" or "postgresql://user:password@host/database".')


class SchemaOutdated(StorageError):
    """The tables are not those this release works with. `current` is None in a database without any."""

    def __init__(self, current: str | None, head: str) -> None:
        self.current, self.head = current, head
        super().__init__(f'The database schema is at {current or "nothing"}, not at {head}. Run "admittance migrate".')


class EnvironmentMissing(StorageError):
    """No environment has this id."""

    def __init__(self, environment: EnvironmentId) -> None:
        self.environment = environment
        super().__init__(f"There is no environment {environment}.")


class SandboxesFull(StorageError):
    """As many sandboxes as may be at once were made with keys of one environment."""

    def __init__(self, at_most: int) -> None:
        self.at_most = at_most
        super().__init__(f"The environment has {at_most} sandboxes; revoke the keys of those that are done with.")


class EnvironmentClosed(StorageError):
    """The environment's test clock was taken away while it was ahead: nothing may be written there any more."""

    def __init__(self, environment: EnvironmentId, closed_at: datetime) -> None:
        self.environment, self.closed_at = environment, closed_at
        super().__init__(f"Environment {environment} is closed for writes since {closed_at.isoformat()}.")


class NameTaken(StorageError):
    """Another environment has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f'There is an environment named "{name}" already.')


class ClockRefused(StorageError):
    """A test clock can't be set there: it would go back, or before what is already written."""

    def __init__(self, at: datetime, earliest: datetime) -> None:
        self.at, self.earliest = at, earliest
        super().__init__(f"The clock can't be set to {at.isoformat()}: it must be {earliest.isoformat()} or later.")


class LiveClockRefused(StorageError):
    """A live environment goes by real time; only others can have a test clock."""

    def __init__(self, environment: EnvironmentId) -> None:
        self.environment = environment
        super().__init__(f"Environment {environment} is live: it can't have a test clock.")


class ClockPresent(StorageError):
    """The environment has a test clock already; `clock` is its id."""

    def __init__(self, clock: str) -> None:
        self.clock = clock
        super().__init__(f"The environment has a test clock already, {clock}. Advance that one, or delete it first.")


class ClockMissing(StorageError):
    """The environment has no test clock of this id, or no longer."""

    def __init__(self, clock: str) -> None:
        self.clock = clock
        super().__init__(f"There is no test clock {clock}.")


class CustomerMissing(StorageError):
    """No customer of the environment has this id; a deleted one answers the same."""

    def __init__(self, customer: CustomerId) -> None:
        self.customer = customer
        super().__init__(f"There is no customer {customer}.")


class RowMissing(StorageError):
    """A command wrote to something that isn't there: a mistake of the command, which should have looked first."""

    def __init__(self, table: str, id_: str) -> None:
        self.table, self.id = table, id_
        super().__init__(f"Nothing to write to: {table} has no row for {id_}.")


class RowUnreadable(StorageError):
    """A row holds a word this release doesn't know: a newer one wrote it, while both run on one database."""

    def __init__(self, table: str, id_: str) -> None:
        self.table, self.id = table, id_
        super().__init__(f"Part of {table} {id_} can't be read: a newer release wrote it. Upgrade this process.")


class UniqueViolation(StorageError):
    """What was written exists already; `field` is the column that must be unique."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"There is another row with this {field}.")


class Replayed(StorageError):
    """The request was done before under this idempotency key; `object_id` is what it made or changed then."""

    def __init__(self, object_id: str) -> None:
        self.object_id = object_id
        super().__init__(f"This was done before; it concerned {object_id}.")


class IdempotencyConflict(StorageError):
    """The idempotency key was used for another mutation, or with another input."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("The idempotency key was used for something else. Take a new key for a new request.")


class ResultUnnamed(StorageError):
    """A command that runs under an idempotency key didn't say which object it concerned."""

    def __init__(self, mutation: str) -> None:
        self.mutation = mutation
        super().__init__(f"{mutation} left work.result_id unset, so a replay couldn't be answered.")


class AliasTaken(StorageError):
    """An alias of a trusted document means another text already. `digest` is the hash of that one."""

    def __init__(self, alias: str, digest: str) -> None:
        self.alias, self.digest = alias, digest
        super().__init__(
            f'"{alias}" means another document already, sha256:{digest}. Give this one another id, or remove that one '
            "once no client uses it."
        )


class AliasUnusable(StorageError):
    """An alias of a trusted document that could be taken for an id of another kind, or that is no id at all."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        super().__init__(
            f"{alias!a} can't be the id of a document: an id of one's own has 1 to 255 characters, no colon, and isn't "
            "the hash of another text."
        )


class DocumentNamedTwice(StorageError):
    """A trusted document has an alias, and was given another one."""

    def __init__(self, digest: str, alias: str, other: str) -> None:
        self.digest, self.alias, self.other = digest, alias, other
        super().__init__(f'The document sha256:{digest} has the id "{alias}" and can\'t have "{other}" too.')


class DigestMismatch(StorageError):
    """A document was sent with a hash that is not its own."""

    def __init__(self, digest: str) -> None:
        self.digest = digest
        super().__init__("The hash that was sent is not the SHA-256 of the document.")


class UnstorableText(StorageError, DontWrapMixin):
    """A text with NUL or a lone surrogate, which PostgreSQL can't hold; refused on both databases alike."""

    def __init__(self) -> None:
        super().__init__("Text with a NUL character or a lone surrogate can't be stored.")


class UnstorableInstant(StorageError, DontWrapMixin):
    """An instant without an offset, or finer than a millisecond: cut and convert at the edge."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant
        super().__init__(f"{instant.isoformat()} is no instant to store: it must be aware and in whole milliseconds.")
