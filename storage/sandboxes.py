"""Sandboxes, made by the holder of a key."""

from collections.abc import Sequence
from datetime import datetime

from storage.credentials import count_keys_made, insert_key
from storage.environments import insert_environment
from storage.errors import SandboxesFull
from storage.locks import lock_catalogue
from storage.records import Credential
from storage.work import RealTimeWork

KEY_NAME = "sandbox"
"""What the key is called that a sandbox comes with."""

SANDBOXES_AT_MOST = 20
"""How many that are made with keys of one environment can be open at once: until their own keys end."""


async def create_sandbox(
    work: RealTimeWork, name: str, scopes: Sequence[str], *, expires_at: datetime | None, made_by: str | None
) -> tuple[Credential, str]:
    """An empty environment that isn't live, as the owner of its first key, and the key's secret.

    `made_by`: the key that this one ends with, one of the work's environment. Raises: SandboxesFull; (as it leaves the
    unit of work) UniqueViolation("name"), if there is an environment of this name.
    """
    # One after the other, so that they count right.
    await lock_catalogue(work.connection, work.environment.id, exclusive=True)
    if await count_keys_made(work.connection, work.environment.id, work.instant) >= SANDBOXES_AT_MOST:
        raise SandboxesFull(SANDBOXES_AT_MOST)
    now = work.instant
    environment = await insert_environment(work.connection, name, livemode=False, now=now)
    return await insert_key(
        work.connection, environment, KEY_NAME, scopes, expires_at=expires_at, made_by=made_by, now=now
    )
