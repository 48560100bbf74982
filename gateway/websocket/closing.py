"""How connections end: with a code that says why, and a sentence for whoever debugs a client."""

from enum import IntEnum

_LONGEST_REASON = 123
"""Bytes of UTF-8: what a close frame has room for beside the code (RFC 6455, 5.5)."""


class CloseCode(IntEnum):
    """Why a connection ended. Those of the protocol mean what it says; TOO_SLOW is ours."""

    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    TIMED_OUT = 4408
    ID_IN_USE = 4409
    TOO_SLOW = 4413
    TOO_MANY = 4429
    INTERNAL = 4500


class Closing(Exception):
    """A connection is to be closed. The reason is for the client, cut to what a close frame holds."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
        super().__init__(f"{code:d} {self.reason}")
