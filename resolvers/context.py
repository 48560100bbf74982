"""What one operation knows: its database, who asks, the environment, and one now."""

from datetime import datetime

from entitlements.facts import CustomerId, EnvironmentId
from resolvers.callers import Access, Caller, Forbidden
from resolvers.loader import BatchObserver
from resolvers.loaders import Loaders
from resolvers.shared import SharedReads
from resolvers.webhook_targets import PUBLIC_TARGETS, WebhookTargets
from storage.database import Database
from storage.idempotency import IdempotencyRequest
from storage.records import Environment


class Context:
    """The context of one operation; made anew for each, as it remembers what it has read.

    `environment` must have been read after the operation was asked for: by its versions what is kept is taken for
    current. `caller` is None for operations of the command line, which act for the environment itself. `shared`: None
    for an operation that shares no reads with others. `webhook_targets`: where webhooks may go. `idempotency` is the
    request of the mutation that is being carried out; mutations of one operation run one after another.
    """

    def __init__(
        self,
        database: Database,
        environment: Environment,
        caller: Caller | None = None,
        observe: BatchObserver | None = None,
        shared: SharedReads | None = None,
        webhook_targets: WebhookTargets = PUBLIC_TARGETS,
    ) -> None:
        self.database = database
        self.webhook_targets = webhook_targets
        self.shared = shared or SharedReads(database)
        self.environment = environment
        self.caller = caller
        self.idempotency: IdempotencyRequest | None = None
        self.may_see = caller.may_see if caller is not None else _sees_all
        self._now = _latest(environment.clock_at or database.clock.now(), environment.catalogue_written_at)
        self.loaders = Loaders(self.shared, environment, self._now, self.may_see, observe)

    @property
    def environment_id(self) -> EnvironmentId:
        """The environment that every look-up and write of the operation is confined to."""
        return self.environment.id

    @property
    def now(self) -> datetime:
        """The environment's instant that the whole operation speaks of; only a write of its own moves it on."""
        return self._now

    @property
    def is_session(self) -> bool:
        """Whether a customer asks: of the catalogue there is then what is active, and of customers their own."""
        return self.caller is not None and self.caller.is_session

    def require(self, access: Access) -> None:
        """Lets those pass who have an access. Raises: Forbidden."""
        if self.caller is not None and not access.allows(self.caller):
            raise Forbidden(access, self.caller)

    def scope(self, *names: str) -> str:
        """Names a list of this environment, for its cursors: the connection, then the parent's id."""
        return "/".join((self.environment_id, *names))

    def wrote(self, instant: datetime, environment: Environment | None = None) -> None:
        """Notes a write of this operation: what is read from here on is read anew, and not before that instant.

        `environment`: as it was read under the lock of a write that left it as it is.
        """
        self._now = max(self._now, instant)
        self.loaders.clear(self._now, environment)


def new_context(
    database: Database,
    environment: Environment,
    caller: Caller | None = None,
    observe: BatchObserver | None = None,
    shared: SharedReads | None = None,
    webhook_targets: WebhookTargets = PUBLIC_TARGETS,
) -> Context:
    """The context for one operation; `observe` is told of every batch its loaders load."""
    return Context(database, environment, caller, observe, shared, webhook_targets)


def _sees_all(_: CustomerId) -> bool:
    return True


def _latest(instant: datetime, other: datetime | None) -> datetime:
    return instant if other is None else max(instant, other)
