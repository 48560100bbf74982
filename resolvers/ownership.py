"""What a source owns: objects that a system outside keeps, and that nobody else changes."""

from resolvers.errors import UserErrorCode, refuse
from storage.observations import is_observed
from storage.work import Work

_NAMES = {"stripe": "Stripe"}


async def refuse_if_owned(work: Work, id_: str, what: str, *field: str) -> None:
    """Refuses a write to an object that the environment's source told of: READ_ONLY, at the field.

    `what`: how a sentence names it: "customer". No statement in environments that no source feeds.
    """
    source = work.environment.source
    if source is not None and await is_observed(work.connection, work.environment.id, id_):
        name = _NAMES.get(source, source)
        message = f"This {what} belongs to {name}, which alone changes it: make the change there, and it arrives here."
        raise refuse(UserErrorCode.READ_ONLY, message, *field)
