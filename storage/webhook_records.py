"""The values of webhooks. All their instants are of real time, but the one at which an event took effect."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from entitlements.facts import EnvironmentId, Metadata
from storage.records import Event

EVERY_EVENT = "*"
"""In place of types: all there are, and all there will be."""


class WebhookEventType(StrEnum):
    """What is told of a stored event: two things, each an event of its own to whoever receives it."""

    SUMMARY_UPDATED = "entitlements.active_entitlement_summary.updated"
    CHANGED = "entitlements.changed"


class WebhookDeliveryState(StrEnum):
    """What has become of a delivery."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class WebhookDisabledReason(StrEnum):
    """Why an endpoint isn't delivered to."""

    REQUESTED = "REQUESTED"
    FAILING = "FAILING"


class WebhookFailure(StrEnum):
    """Why an attempt got no answer at all."""

    REFUSED_TARGET = "REFUSED_TARGET"
    UNKNOWN_HOST = "UNKNOWN_HOST"
    NO_CONNECTION = "NO_CONNECTION"
    TIMEOUT = "TIMEOUT"
    BROKEN_ANSWER = "BROKEN_ANSWER"


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Somewhere that events are delivered to. Disabled, they wait; since `failing_since` every attempt has failed.

    `former_secrets`: those that were in the place of `secret`, the latest first, and until when each signs too.
    """

    id: str
    environment: EnvironmentId
    url: str
    enabled_events: tuple[str, ...]
    is_ordered: bool
    description: str | None
    metadata: Metadata
    created_at: datetime
    secret: str = field(repr=False)
    former_secrets: tuple[tuple[str, datetime], ...] = field(default=(), repr=False)
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: WebhookDisabledReason | None = None

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """The secrets to sign with, the present one first."""
        return self.secret, *(secret for secret, until in self.former_secrets if now < until)

    @property
    def previous_secret_until(self) -> datetime | None:
        """Until when the last of those before it signs too; None if none was given a time."""
        return max((until for _, until in self.former_secrets), default=None)


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One of the things that are told of a stored event."""

    id: str
    type: WebhookEventType
    event: Event


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """An event on its way to an endpoint. `failures` are those since it was last asked for.

    `next_attempt_at`: while it is being attempted, when it would be given up for lost; None once it has ended.
    """

    id: str
    endpoint: str
    event: str
    created_at: datetime
    state: WebhookDeliveryState
    failures: int
    next_attempt_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    """One attempt at a delivery: what was answered, or why there was no answer."""

    id: str
    delivery: str
    at: datetime
    duration_ms: int
    status_code: int | None
    failure: WebhookFailure | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """A delivery that nobody else attempts while `lease` lasts, with all that it takes to attempt it."""

    delivery: WebhookDelivery
    event: WebhookEvent
    endpoint: WebhookEndpoint
    lease: str
    livemode: bool
