"""Sandboxes: environments that the holder of a key makes, each with a key of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from entitlements.facts import EnvironmentId
from resolvers.callers import EVERY_SCOPE, scopes_beyond, unknown_scopes
from resolvers.context import Context
from resolvers.errors import Problems, UserErrorCode, refuse
from resolvers.validation import ENVIRONMENT_NAME_LENGTH, check_text
from storage import sandboxes
from storage.environments import load_environment
from storage.errors import SandboxesFull, UniqueViolation
from storage.records import Environment
from storage.unit_of_work import RealTimeWork, write_in_real_time

SCOPES = 100
"""Scopes that can be named at once."""


@dataclass(frozen=True, slots=True)
class OpenedSandbox:
    """A sandbox that was just made, with the secret of its key, which nobody can be told again."""

    environment: Environment
    secret: str = field(repr=False)


async def create_sandbox(context: Context, *, name: str, scopes: Sequence[str] | None) -> OpenedSandbox:
    """Makes an empty sandbox with a key that may do what `scopes` say, None being all that the caller may.

    Only from an environment that isn't live: a key that is trusted with customers is not there to try things out with,
    and one that got lost must not open anything new. The sandbox's key ends when the caller's does, and makes no other:
    so all that one key has opened is closed with it.
    """
    problems = Problems()
    caller = context.caller
    if context.environment.livemode:
        problems.add(UserErrorCode.INVALID, "A sandbox is made with a key of an environment that isn't live.")
    if caller and caller.made_by:
        problems.add(UserErrorCode.INVALID, "A sandbox's own key makes no sandboxes: use the key it was made with.")
    check_text(problems, "The name", name, ENVIRONMENT_NAME_LENGTH, "name")
    _check_scopes(problems, context, scopes)
    problems.raise_any()
    own = caller.scopes if caller else (EVERY_SCOPE,)
    granted = list(dict.fromkeys(own if scopes is None else scopes))

    async def command(work: RealTimeWork) -> OpenedSandbox:
        expires_at, made_by = (caller.expires_at, caller.id) if caller else (None, None)
        key, secret = await sandboxes.create_sandbox(work, name, granted, expires_at=expires_at, made_by=made_by)
        work.result_id = key.environment.id
        return OpenedSandbox(key.environment, secret)

    try:
        return await write_in_real_time(
            context.database, context.environment_id, command, idempotency=context.idempotency
        )
    except SandboxesFull as full:
        message = f"At most {full.at_most} sandboxes can be open at once; revoke the keys of those you are done with."
        raise refuse(UserErrorCode.TOO_MANY, message) from None
    except UniqueViolation:
        message = "There is an environment of this name in the installation already."
        raise refuse(UserErrorCode.TAKEN, message, "name") from None


async def find_own_sandbox(context: Context, sandbox: str) -> Environment:
    """The sandbox that a request of the caller's environment made before. Raises: EnvironmentMissing."""
    async with context.database.read() as connection:
        return await load_environment(connection, EnvironmentId(sandbox))


def _check_scopes(problems: Problems, context: Context, scopes: Sequence[str] | None) -> None:
    if scopes is None:
        return
    if not scopes:
        problems.add(UserErrorCode.BLANK, "A key without any scope could do nothing.", "scopes")
    if len(scopes) > SCOPES:
        problems.add(UserErrorCode.TOO_MANY, f"At most {SCOPES} scopes can be named at once.", "scopes")
        return
    unknown, beyond = unknown_scopes(scopes), scopes_beyond(context.caller, scopes)
    for place, scope in enumerate(scopes):
        if scope in unknown:
            problems.add(UserErrorCode.INVALID, "There is no such scope.", "scopes", str(place))
        elif scope in beyond:
            problems.add(UserErrorCode.INVALID, "Your own key lacks this scope.", "scopes", str(place))
