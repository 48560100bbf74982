"""What an operation over a WebSocket is answered: refusals, which end it alone, included."""

from collections.abc import AsyncGenerator

from gateway.errors import log_surprise
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.operations import Answer, Operations
from gateway.refusals import INTERNAL_MESSAGE, BadRequest
from gateway.requests import read_one
from gateway.websocket.closing import Closing
from gateway.websocket.holder import Holder
from gateway.websocket.messages import Json
from schema.error_codes import ErrorCode
from storage.errors import DatabaseUnavailable


async def answers(operations: Operations, payload: Json, holder: Holder) -> AsyncGenerator[Answer]:
    """The answers to an operation, in turn: one to a query or a mutation. One that didn't run is the last.

    Raises: Closing, if the credential has come to its end.
    """
    try:
        # The answers of a subscription are to come from here as well, one after another.
        yield await operations.answer(read_one(payload), await holder.now())
    except Closing:
        raise
    except BadRequest as error:
        yield refused(ErrorCode.BAD_REQUEST, str(error))
    except (DatabaseUnavailable, IdentityProviderUnavailable) as error:
        yield refused(ErrorCode.SERVICE_UNAVAILABLE, str(error), retryable=True)
    except Exception as error:  # noqa: BLE001 - the edge of an operation: the others on the connection go on
        yield refused(ErrorCode.INTERNAL, INTERNAL_MESSAGE, errorId=log_surprise(error, "the operation"))


def refused(code: ErrorCode, message: str, **extensions: object) -> Answer:
    """The answer to an operation that wasn't carried out."""
    return Answer({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}, "refused")
