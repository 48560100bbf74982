"""API keys: only the hash of a secret is kept, so a stolen database opens nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, column, func, insert, literal, or_, select, update, values
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.columns import Instant, Word, is_storable
from storage.database import Database
from storage.dialect import AnySelect, one_of, one_of_given
from storage.environments import environment_columns, load_environment, read_environment
from storage.ids import new_id
from storage.records import Credential, Environment
from storage.rows import api_keys, environments
from storage.tokens import fresh_token, token_digest

_HINT_LENGTH = 4


async def create_key(
    db: Database, environment: EnvironmentId, name: str, scopes: Sequence[str], *, expires_at: datetime | None = None
) -> tuple[Credential, str]:
    """A new key for an environment, and its secret, which can't be had again. Raises: EnvironmentMissing."""
    async with db.begin_write() as connection:
        owner = await load_environment(connection, environment)
        return await insert_key(connection, owner, name, scopes, expires_at=expires_at, now=db.clock.now())


async def insert_key(
    connection: AsyncConnection,
    owner: Environment,
    name: str,
    scopes: Sequence[str],
    *,
    expires_at: datetime | None,
    made_by: str | None = None,
    now: datetime,
) -> tuple[Credential, str]:
    """Adds a key for an environment, and returns its secret with it, which can't be had again.

    `made_by`: the key that it ends with, however that ends. `now`: real time.
    """
    secret = fresh_token("adm", owner)
    credential = Credential(
        id=new_id("key"),
        environment=owner,
        name=name,
        scopes=tuple(scopes),
        hint=secret[-_HINT_LENGTH:],
        created_at=now,
        expires_at=expires_at,
        made_by=made_by,
    )
    await connection.execute(
        insert(api_keys).values(
            id=credential.id,
            environment_id=owner.id,
            name=credential.name,
            scopes=list(credential.scopes),
            secret_hash=token_digest(secret),
            hint=credential.hint,
            created_at=credential.created_at,
            expires_at=credential.expires_at,
            made_by=credential.made_by,
        )
    )
    return credential, secret


async def list_keys(db: Database, environment: EnvironmentId | None = None) -> list[Credential]:
    """The keys of an environment, or of all, revoked ones too; newest first."""
    query = _query().order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
    if environment is not None:
        query = query.where(api_keys.c.environment_id == environment)
    async with db.read() as connection:
        return [_read(row) for row in (await connection.execute(query)).mappings()]


async def revoke_key(db: Database, key: str) -> Credential | None:
    """Revokes a key from now on, by real time; None if there is no such key. One revoked before stays as it is."""
    mine = one_of(api_keys.c.id, [key])
    async with db.begin_write() as connection:
        revoked_at = func.coalesce(api_keys.c.revoked_at, literal(db.clock.now(), Instant()))
        await connection.execute(update(api_keys).where(mine).values(revoked_at=revoked_at))
        row = (await connection.execute(_query().where(mine))).mappings().one_or_none()
        return None if row is None else _read(row)


async def find_credential(db: Database, secret: str) -> Credential | None:
    """The key with this secret, as `load_credentials` finds it by the digest of the secret."""
    if not is_storable(secret):
        return None
    digest = token_digest(secret)
    async with db.read() as connection:
        return (await load_credentials(connection, [digest])).get(digest)


async def load_credentials(connection: AsyncConnection, digests: Sequence[str]) -> dict[str, Credential]:
    """The keys whose secrets have these digests, with their environments as they are now; one statement.

    Revoked and expired keys are found too: whoever asks must look at `revoked_at` and `expires_at`. A digest is of 256
    random bits, so the time a comparison with it takes tells nobody the way to the next one.
    """
    rows = await connection.execute(_BY_DIGEST, {"digests": digests})
    return {row["secret_hash"]: _read(row) for row in rows.mappings()}


async def count_keys_made(connection: AsyncConnection, environment: EnvironmentId, now: datetime) -> int:
    """How many keys that still open something were made with keys of an environment. `now`: real time."""
    return (await connection.execute(_COUNT_MADE, {"environment": environment, "now": now})).scalar_one()


async def record_key_uses(db: Database, uses: Mapping[str, datetime]) -> None:
    """Writes down when keys were last used, all in one statement; ids that name no key are passed over.

    A use that is earlier than the one on record changes nothing: processes report in no order.
    """
    if not uses:
        return
    reported = values(column("id", Word()), column("at", Instant()), name="uses").data(list(uses.items())).cte()
    is_later = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < reported.c.at)
    async with db.begin_write() as connection:
        await connection.execute(
            update(api_keys).where(api_keys.c.id == reported.c.id, is_later).values(last_used_at=reported.c.at)
        )


_MAKERS = api_keys.alias("makers")
_REVOKED_AT = func.coalesce(api_keys.c.revoked_at, _MAKERS.c.revoked_at).label("revoked_at")
_COLUMNS = [column for column in api_keys.columns if column is not api_keys.c.revoked_at]


def _query() -> AnySelect:
    made = api_keys.join(environments).outerjoin(_MAKERS, _MAKERS.c.id == api_keys.c.made_by)
    return select(*_COLUMNS, _REVOKED_AT, *environment_columns("owner_")).select_from(made)


_COUNT_MADE = (
    select(func.count())
    .select_from(api_keys.join(_MAKERS, _MAKERS.c.id == api_keys.c.made_by))
    .where(
        _MAKERS.c.environment_id == bindparam("environment"),
        _REVOKED_AT.element.is_(None),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("now")),
    )
)
_BY_DIGEST = _query().where(one_of_given(api_keys.c.secret_hash, "digests"))


def _read(row: RowMapping) -> Credential:
    return Credential(
        id=row["id"],
        environment=read_environment(row, "owner_"),
        name=row["name"],
        scopes=tuple(row["scopes"]),
        hint=row["hint"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        made_by=row["made_by"],
    )
