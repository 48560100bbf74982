"""What an operation over a WebSocket is answered: refusals, which end it alone, included."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from gateway.answering import Answer, refused
from gateway.errors import log_surprise
from gateway.identity.holder import CredentialEnded, Holder
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.operations import Operations
from gateway.refusals import INTERNAL_MESSAGE, BadRequest
from gateway.requests import read_one
from gateway.websocket.messages import Json
from schema.error_codes import ErrorCode
from storage.errors import DatabaseUnavailable


async def answers(operations: Operations, payload: Json, holder: Holder) -> AsyncGenerator[Answer]:
    """The answers to an operation, in turn: one to a query or a mutation. One that didn't run is the last.

    Raises: CredentialEnded.
    """
    try:
        begun = await operations.begin(read_one(payload), await holder.now(), holder)
        if isinstance(begun, Answer):
            yield begun
            return
        async with aclosing(begun):
            async for answer in begun:
                yield answer
    except CredentialEnded:
        raise
    except BadRequest as error:
        yield refused(ErrorCode.BAD_REQUEST, str(error))
    except (DatabaseUnavailable, IdentityProviderUnavailable) as error:
        yield refused(ErrorCode.SERVICE_UNAVAILABLE, str(error), retryable=True)
    except Exception as error:  # noqa: BLE001 - the edge of an operation: the others on the connection go on
        yield refused(ErrorCode.INTERNAL, INTERNAL_MESSAGE, errorId=log_surprise(error, "the operation"))
