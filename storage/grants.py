"""Grants at rest."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import bindparam, insert, select, update

from entitlements.facts import CustomerId, Grant, GrantId
from storage.dialect import AnyRow, AnySelect, one_of_given
from storage.rows import grants
from storage.work import CustomerWork, update_row

GRANTS: AnySelect = (
    select(grants)
    .where(grants.c.environment_id == bindparam("environment"), one_of_given(grants.c.customer_id, "customers"))
    .order_by(grants.c.recorded_at, grants.c.id)
)
"""What `read_grants` wants, of the customers whose ids are given as `customers`, within the `environment` given."""


def read_grants(rows: Iterable[AnyRow]) -> dict[CustomerId, tuple[Grant, ...]]:
    """The grants of each customer, in the order they were made; a customer without one is absent."""
    found: dict[CustomerId, list[Grant]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(_read(row))
    return {customer: tuple(given) for customer, given in found.items()}


async def insert_grant(work: CustomerWork, grant: Grant) -> None:
    """Adds a grant."""
    await work.connection.execute(
        insert(grants).values(
            environment_id=work.environment.id,
            id=grant.id,
            customer_id=work.loaded.customer.id,
            feature_id=grant.feature,
            recorded_at=grant.recorded_at,
            active_from=grant.active_from,
            active_to=grant.active_to,
            revoked_at=grant.revoked_at,
            reason=grant.reason,
            metadata=grant.metadata,
        )
    )
    work.note_grant(grant)


async def revoke_grant(work: CustomerWork, grant: GrantId) -> None:
    """Takes a grant back as of the work's instant. Raises: RowMissing, also if it was taken back before."""
    statement = update(grants).where(
        grants.c.environment_id == work.environment.id,
        grants.c.customer_id == work.loaded.customer.id,
        grants.c.id == grant,
        grants.c.revoked_at.is_(None),
    )
    await update_row(work, statement.values(revoked_at=work.instant), grant)
    [revoked] = (each for each in work.facts.grants if each.id == grant)
    work.note_grant(replace(revoked, revoked_at=work.instant))


def _read(row: AnyRow) -> Grant:
    return Grant(
        id=row.id,
        customer=row.customer_id,
        feature=row.feature_id,
        recorded_at=row.recorded_at,
        active_from=row.active_from,
        active_to=row.active_to,
        revoked_at=row.revoked_at,
        reason=row.reason,
        metadata=row.metadata,
    )
