"""Grants: rights given by hand."""

from dataclasses import replace
from datetime import datetime

from entitlements.facts import Grant, GrantId
from resolvers.context import Context
from resolvers.customers import load_customer_id
from resolvers.errors import Problems, Refused, UserErrorCode, refuse
from resolvers.features import find_feature_under_lock
from resolvers.known import KnownCustomer
from resolvers.paging import Listing, PageArguments, list_all
from resolvers.references import Reference
from resolvers.validation import REASON_LENGTH, MetadataChange, check_optional_text, new_metadata
from resolvers.writing import Written, write_customer
from storage import grants
from storage.ids import new_id
from storage.unit_of_work import CustomerWork


def list_grants(context: Context, customer: KnownCustomer, arguments: PageArguments) -> Listing[Grant]:
    """A customer's grants, newest first, those that are over and those that were revoked among them."""
    newest_first = sorted(customer.facts.grants, key=lambda grant: grant.id)
    newest_first.sort(key=lambda grant: grant.recorded_at, reverse=True)
    scope = context.scope("grants", customer.record.id)
    return list_all(scope, arguments, newest_first, lambda grant: (grant.recorded_at, grant.id))


async def find_grant(context: Context, grant: GrantId) -> tuple[Grant, KnownCustomer] | None:
    """A grant by its id, with its customer."""
    customer = await context.loaders.grant_customers.load(grant)
    known = await context.loaders.known.load(customer) if customer else None
    if known is None:
        return None
    return next(((each, known) for each in known.facts.grants if each.id == grant), None)


async def grant_entitlement(
    context: Context,
    *,
    customer: Reference,
    feature: Reference,
    active_from: datetime | None = None,
    active_to: datetime | None = None,
    reason: str | None = None,
    metadata: MetadataChange | None = None,
) -> Written[Grant]:
    """Gives a customer a right to a feature from now or `active_from`, whichever is later, until `active_to`."""
    checked = Problems()
    check_optional_text(checked, "The reason", reason, REASON_LENGTH, "reason")
    entries = new_metadata(checked, metadata, "metadata")
    if active_from is not None and active_to is not None and active_to <= active_from:
        message = "`activeTo` must be later than `activeFrom`: a grant of no length gives nothing."
        checked.add(UserErrorCode.INVALID, message, "active_to")

    async def command(work: CustomerWork) -> Grant:
        # A command may be run again after a deadlock, and then judges anew.
        problems = Problems(checked.errors)
        what = await find_feature_under_lock(work, feature)
        if what is None:
            problems.add(UserErrorCode.NOT_FOUND, "There is no such feature.", "feature")
        elif not what.active:
            problems.add(UserErrorCode.ARCHIVED, "An archived feature can't be granted.", "feature")
        if active_to is not None and active_to <= work.instant:
            problems.add(UserErrorCode.IN_PAST, "`activeTo` must lie ahead.", "active_to")
        if what is None or problems.errors:
            raise Refused(problems.errors)
        grant = Grant(
            id=GrantId(new_id("grt")),
            customer=work.loaded.customer.id,
            feature=what.id,
            recorded_at=work.instant,
            active_from=active_from or work.instant,
            active_to=active_to,
            reason=reason,
            metadata=entries,
        )
        await grants.insert_grant(work, grant)
        work.result_id = grant.id
        return grant

    return await write_customer(context, await load_customer_id(context, customer, checked), command, checked)


async def revoke_grant(context: Context, grant_id: str) -> Written[Grant]:
    """Takes a grant back from now on; one that is over or revoked already stays as it is."""
    customer = await context.loaders.grant_customers.load(GrantId(grant_id))
    if customer is None:
        raise refuse(UserErrorCode.NOT_FOUND, "There is no such grant.", "grant_id")

    async def command(work: CustomerWork) -> Grant:
        grant = next(each for each in work.loaded.facts.grants if each.id == grant_id)
        work.result_id = grant.id
        is_over = grant.active_to is not None and grant.active_to <= work.instant
        if grant.revoked_at is not None or is_over:
            return grant
        await grants.revoke_grant(work, grant.id)
        return replace(grant, revoked_at=work.instant)

    return await write_customer(context, customer, command)
