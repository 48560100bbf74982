"""Idempotency: a request is carried out once under its key, and answered again with the object as it is now."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from resolvers.context import Context
from resolvers.errors import UserErrorCode, refuse
from storage.errors import EnvironmentClosed, IdempotencyConflict, Replayed
from storage.idempotency import IdempotencyRequest, check_replay

T = TypeVar("T")


async def once(
    context: Context,
    request: IdempotencyRequest | None,
    write: Callable[[], Awaitable[T]],
    answer_again: Callable[[str], Awaitable[T]],
) -> T:
    """Carries `write` out, or answers again for the object of a request that was carried out before.

    Only successes are kept: a request that was refused may be sent again, mended, under the same key.
    Source: DESIGN, Idempotency and bounds.
    """
    context.idempotency = request
    try:
        if request is not None:
            # Before anything else is looked up: what the input names may be gone since the first time.
            async with context.database.read() as connection:
                await check_replay(connection, context.environment_id, request, context.database.clock.now())
        return await write()
    except Replayed as replayed:
        return await answer_again(replayed.object_id)
    except IdempotencyConflict as conflict:
        raise refuse(UserErrorCode.IDEMPOTENCY_CONFLICT, str(conflict), "idempotency_key") from conflict
    except EnvironmentClosed as closed:
        message = "This environment's test clock was taken away while it was ahead: nothing can be written any more."
        raise refuse(UserErrorCode.READ_ONLY, message) from closed
    finally:
        context.idempotency = None
