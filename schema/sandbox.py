"""Test clocks, by which a sandbox's time is moved."""

from datetime import datetime
from typing import Self

import strawberry

from resolvers.context import Context
from resolvers.sandbox_clocks import find_clock
from schema.node import Node
from storage import records
from storage.records import ClockStatus


@strawberry.type(description="How far the announcing has come of what lies on the way of a test clock's latest move.")
class TestClockProgress:
    """An advance as clients see it."""

    since: datetime = strawberry.field(
        description="Where the clock stood before; of a new one the real time then, or where it stands if earlier."
    )
    announced_until: datetime = strawberry.field(
        description="All changes before this instant are announced. It ends at the clock's `frozenTime`."
    )
    announced_events: int = strawberry.field(description="How many changes were announced so far.")

    @classmethod
    def of(cls, advance: records.Advance) -> Self:
        """An advance as clients see it."""
        return cls(
            since=advance.from_,
            announced_until=advance.announced_until,
            announced_events=advance.announced_events,
        )


@strawberry.type(
    description=(
        "The frozen time of an environment that isn't live. Everything in it goes by this clock, reads, writes and "
        "what is announced, but for credentials, rate limits and idempotency keys. It never goes back."
    )
)
class TestClock(Node):
    """A test clock as clients see it."""

    name: str | None = strawberry.field(description="Up to 300 characters.")
    frozen_time: datetime = strawberry.field(
        description=(
            "Where it stands. A write comes at least a millisecond after all before it to the same customer and to the "
            "catalogue."
        )
    )
    status: ClockStatus = strawberry.field(description="Whether everything up to there is announced.")
    progress: TestClockProgress | None = strawberry.field(
        description=(
            "How far its latest move, or its creation, has been announced; null for one that no mutation made or moved."
        )
    )
    livemode: bool = strawberry.field(description="Always false: a live environment goes by real time.")
    created_at: datetime = strawberry.field(description="When it was made, in real time.")

    @classmethod
    def of(cls, clock: records.SandboxClock) -> Self:
        """A test clock as clients see it."""
        return cls(
            id=strawberry.ID(clock.id),
            name=clock.name,
            frozen_time=clock.frozen_time,
            status=clock.status,
            progress=TestClockProgress.of(clock.advance) if clock.advance else None,
            livemode=False,
            created_at=clock.created_at,
        )


async def load_test_clock(context: Context, text: str) -> TestClock | None:
    """A test clock by its id."""
    found = await find_clock(context, text)
    return TestClock.of(found) if found else None
