"""Who is let in over a WebSocket, and by what code one is told why not."""

from gateway.identity.authenticator import Authenticator, TooManyFailures, Unauthenticated
from gateway.identity.claims import EXPIRED
from gateway.identity.holder import Holder
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.websocket.closing import CloseCode, Closing
from storage.errors import DatabaseUnavailable

_MISSING = 'Send a credential, as the payload of connection_init: {"authorization": "Bearer <API key or token>"}'


async def admit(authenticator: Authenticator, authorization: str | None, source: str | None) -> Holder:
    """Lets in whoever has a credential, from an address. Raises: Closing, with what a client had better do next."""
    if not authorization:
        raise Closing(CloseCode.UNAUTHORIZED, _MISSING)
    try:
        caller = await authenticator.caller(authorization, source)
    except Unauthenticated as error:
        # Clients try again after 4403 and give up after 4401. What has expired can be renewed on the way.
        code = CloseCode.FORBIDDEN if str(error) == EXPIRED else CloseCode.UNAUTHORIZED
        raise Closing(code, str(error)) from None
    except TooManyFailures as error:
        raise Closing(CloseCode.TOO_MANY, str(error)) from None
    except (DatabaseUnavailable, IdentityProviderUnavailable) as error:
        raise Closing(CloseCode.TRY_AGAIN_LATER, str(error)) from None
    return Holder(authenticator, authorization, caller)
