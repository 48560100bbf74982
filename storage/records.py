"""The values storage hands out besides those of the rule."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from entitlements.effects import Effects
from entitlements.facts import CustomerFacts, CustomerId, EnvironmentId, Metadata, ProductFeature
from entitlements.runs import Timeline


@dataclass(frozen=True, slots=True)
class Environment:
    """An isolated space of data.

    `clock_at` is where a test clock stands, None where real time rules; `advancing` says that it was moved on and not
    everything on its way is announced yet; `closed_at` is when taking that clock away closed the environment for
    writes. The versions grow with every write to the catalogue, to attachments only; the
    last of these writes was at `catalogue_written_at`, None before the first one. `source`: the system that feeds it,
    such as "stripe", None if none does.
    """

    id: EnvironmentId
    name: str
    livemode: bool
    created_at: datetime
    clock_at: datetime | None = None
    closed_at: datetime | None = None
    advancing: bool = False
    catalogue_version: int = 0
    attachments_version: int = 0
    catalogue_written_at: datetime | None = None
    source: str | None = None


class ClockStatus(StrEnum):
    """Whether everything up to where a test clock stands is announced. In Stripe's words."""

    READY = "READY"
    ADVANCING = "ADVANCING"
    INTERNAL_FAILURE = "INTERNAL_FAILURE"


@dataclass(frozen=True, slots=True)
class Advance:
    """How far the latest move of a test clock has come: all changes before `announced_until` are announced."""

    from_: datetime
    announced_until: datetime
    announced_events: int


@dataclass(frozen=True, slots=True)
class SandboxClock:
    """A test clock, where it stands, or stood when it was deleted. `created_at` and `deleted_at` are of real time.

    `status` is INTERNAL_FAILURE if the latest advance had to pass over a customer whose facts can't be read.
    """

    id: str
    name: str | None
    frozen_time: datetime
    created_at: datetime
    deleted_at: datetime | None
    status: ClockStatus
    advance: Advance | None


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key without its secret, of which `hint` is the end. A revoked one opens nothing, nor does an expired one.

    All its instants are of real time. `last_used_at` may be a minute behind, and is None for a key never used.
    `made_by`: of a sandbox's own key the one that it was made with; what revokes that revokes this, too.
    """

    id: str
    environment: Environment
    name: str
    scopes: tuple[str, ...]
    hint: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    made_by: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerSession:
    """A right to ask as one customer, without its token. It opens nothing from `expires_at` or `revoked_at` on.

    All its instants are of real time, whatever clock the environment has.
    """

    id: str
    environment: Environment
    customer: CustomerId
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class DocumentKind(StrEnum):
    """How a document came to be known: by its owner's word, or because a client once sent it with its hash."""

    IMPORTED = "IMPORTED"
    PERSISTED = "PERSISTED"


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A GraphQL document to import. `name` is its operation's; `alias` an id beside the hash, if clients use one."""

    text: str
    name: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A GraphQL document known by id: by `hash`, the SHA-256 of its text in hexadecimal, and by `alias` if it has one.

    `created_at` is when it became known, in real time.
    """

    hash: str
    text: str
    kind: DocumentKind
    created_at: datetime
    name: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """How many documents of an import were new, and how many were known by the same ids before."""

    new: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer's own row.

    `facts_version` grows with every write to it or anything below it, `written_at` is the instant of the last one.
    `announced_revision` counts the effective changes up to and including the instant `announced_until`. `due_at`: no
    later than the next one that time will make, as far as is known; None if it makes none.
    """

    id: CustomerId
    external_id: str | None
    name: str | None
    email: str | None
    metadata: Metadata
    created_at: datetime
    facts_version: int
    announced_revision: int
    announced_until: datetime
    written_at: datetime
    deleted_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CurrentCustomer:
    """A customer's own row with what its environment says of the attachments, from one statement.

    Together they have the versions of all that decides what the customer may use. `catalogue_written_at`: when the
    environment's catalogue last changed, None if it never did.
    """

    record: CustomerRecord
    environment: EnvironmentId
    attachments_version: int
    catalogue_written_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoadedFacts:
    """All that decides what a customer may use, from one snapshot.

    `attachments` are those of every product that any of the customer's items ever was for, the detached ones too.
    """

    customer: CustomerRecord
    facts: CustomerFacts
    attachments: tuple[ProductFeature, ...]
    environment: Environment


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What a write made of a customer. `revision` is the one reached by it; `effects` are None if it made none."""

    instant: datetime
    revision: int
    effects: Effects | None
    loaded_after: LoadedFacts
    after: Timeline = field(repr=False)

    @property
    def effective(self) -> bool:
        """Whether it made a revision of its own."""
        return self.effects is not None


@dataclass(frozen=True, slots=True)
class Event:
    """One effective change of a customer, as it was announced. `recorded_at` is when that was, in real time.

    `external_id`: the customer's as it was then.
    """

    id: str
    customer: CustomerId
    revision: int
    recorded_at: datetime
    effects: Effects
    external_id: str | None = None

    @property
    def at(self) -> datetime:
        """When the change took effect."""
        return self.effects.at
