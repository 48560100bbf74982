"""Secrets that open something: made here, shown once, and kept as a hash alone."""

import re
import secrets
import string
from hashlib import sha256
from typing import Literal

from storage.records import Environment

_ALPHABET = string.ascii_letters + string.digits
# 62 ** 43 is just above 2 ** 256: nobody guesses it, so the hash needs neither salt nor slowness.
_LENGTH = 43


def fresh_token(kind: Literal["adm", "adms"], environment: Environment) -> str:
    """A secret that says what it is and where it belongs: secret scanners and people can tell.

    `kind`: "adm" for an API key, "adms" for a customer's session.
    """
    slug = re.sub(r"[^a-z0-9]+", "", environment.name.lower()) or "env"
    return f"{kind}_{slug}_{''.join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))}"


def token_digest(token: str) -> str:
    """What is kept of a secret: its SHA-256, in hexadecimal."""
    return sha256(token.encode()).hexdigest()
