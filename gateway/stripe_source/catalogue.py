"""Stripe's catalogue taken over: observations kept, and features, products and attachments that follow from them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from entitlements.facts import (
    CatalogRollout,
    EnvironmentId,
    Feature,
    FeatureId,
    Product,
    ProductFeature,
    ProductFeatureId,
    ProductId,
)
from gateway.stripe_source.kinds import ATTACHED_KIND, FEATURE_KIND, PRODUCT_KIND, REACHED_KIND, steps_of
from gateway.stripe_source.mended import Mended, mended
from gateway.stripe_source.ordering import Step
from gateway.stripe_source.states import PRODUCT, AttachedState, FeatureState, ProductState, ReachedState
from gateway.stripe_source.telling import dumped
from storage.backdating import announce_attachments
from storage.database import Database
from storage.errors import RowUnreadable
from storage.features import load_features, load_features_by_key
from storage.observations import Manner, Observation, add_observations, load_observations
from storage.product_features import load_attachments
from storage.products import load_products, load_products_by_key
from storage.sourced import write_attachment, write_feature, write_product
from storage.unit_of_work import CatalogueWork, write_catalogue

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When what was only mentioned is dated: before anything that is told of it."""


class KeyTaken(Exception):
    """A feature of Stripe's has the lookup key of an active one that isn't Stripe's, or of another one of Stripe's."""

    def __init__(self, lookup_key: str, stripe: str, own: str) -> None:
        self.lookup_key, self.stripe, self.own = lookup_key, stripe, own
        super().__init__(
            f'The feature {own} has the lookup key "{lookup_key}", as {stripe} of Stripe\'s has. Archive it here, or '
            "take Stripe over into an environment of its own."
        )


async def take_catalogue(database: Database, environment: EnvironmentId, told: Sequence[Observation]) -> list[Mended]:
    """Takes what was told of features, products and attachments, in one transaction. Raises: KeyTaken."""
    if not told:
        return []

    async def command(work: CatalogueWork) -> list[Mended]:
        names = list(dict.fromkeys((each.kind, each.object) for each in told))
        before = await load_observations(work.connection, environment, [id_ for _, id_ in names])
        await add_observations(work, told)
        after = await load_observations(work.connection, environment, [id_ for _, id_ in names])
        found: list[Mended | None] = []
        for kind, id_ in names:
            old, new = steps_of(kind, before.get(id_, ())), steps_of(kind, after.get(id_, ()))
            if old != new:
                await _write(work, kind, id_, after.get(id_, ()))
                found.append(mended(kind, id_, old, new))
        return [each for each in found if each is not None]

    return await write_catalogue(database, environment, command)


async def mention_products(database: Database, environment: EnvironmentId, ids: Sequence[ProductId]) -> None:
    """Makes products of which nothing but their ids is known yet; those that are there stay as they are."""
    if not ids:
        return
    async with database.read() as connection:
        there = await load_products(connection, environment, ids)
    state = dumped(PRODUCT, ProductState())
    mentioned = [Observation(id_, "mentioned", PRODUCT_KIND, Manner.SEEN, LONG_AGO, state) for id_ in ids]
    await take_catalogue(database, environment, [each for each in mentioned if each.object not in there])


def attachments_of(
    product: ProductId,
    steps: Sequence[Step[AttachedState]],
    created: datetime | None,
    reached: Sequence[Step[ReachedState]] = (),
) -> list[ProductFeature]:
    """The attachments of a product, by every list of them that was seen, in order.

    Stripe doesn't say since when a feature is attached. What the first list shows counts from the product's creation;
    what a later one shows or lacks, from or until that one, or the first instant since the one before by which it had
    `reached` a customer.
    """
    found: dict[str, ProductFeature] = {}
    for before, step in zip([None, *steps], steps, strict=False):
        there = dict(step.state.attached)
        for id_, feature in there.items():
            if id_ not in found:
                told = (each.at for each in reached if feature in each.state.there)
                since = _between(before.at, step.at, told) if before else min(created or step.at, step.at)
                found[id_] = ProductFeature(ProductFeatureId(id_), product, FeatureId(feature), since)
        for id_, attachment in found.items():
            if before and attachment.detached_at is None and id_ not in there:
                told = (each.at for each in reached if attachment.feature in each.state.gone)
                until = _between(before.at, step.at, told)
                found[id_] = replace(attachment, detached_at=until, detach_rollout=CatalogRollout.NEXT_PERIOD)
    return list(found.values())


def _between(before: datetime, at: datetime, told: Iterable[datetime]) -> datetime:
    """The first of the instants told of between two looks, of which the later shows what the other doesn't."""
    return min((each for each in told if before < each < at), default=at)


async def _write(work: CatalogueWork, kind: str, id_: str, observed: Sequence[Observation]) -> None:
    if kind == FEATURE_KIND:
        await _write_feature(work, FeatureId(id_), steps_of(FEATURE_KIND, observed))
        return
    products = steps_of(PRODUCT_KIND, observed)
    if kind == PRODUCT_KIND:
        await _write_product(work, ProductId(id_), products[-1].state)
        return
    created = products[-1].state.created if products else None
    attached, reached = steps_of(ATTACHED_KIND, observed), steps_of(REACHED_KIND, observed)
    wanted = attachments_of(ProductId(id_), attached, created, reached)
    await _write_attachments(work, ProductId(id_), wanted)


async def _write_feature(work: CatalogueWork, id_: FeatureId, steps: Sequence[Step[FeatureState]]) -> None:
    state = steps[-1].state
    there = (await load_features(work.connection, work.environment.id, [id_])).get(id_)
    archived_at = next((step.at for step in steps if not step.state.active), None)
    named = await load_features_by_key(work.connection, work.environment.id, [state.lookup_key])
    for other in named.get(state.lookup_key, ()):
        if other.active and other.id != id_ and archived_at is None:
            raise KeyTaken(state.lookup_key, id_, other.id)
    # Stripe doesn't say when it was made.
    feature = Feature(id_, state.name, state.lookup_key, state.metadata, steps[0].at, archived_at)
    if feature != there:
        await write_feature(work, feature)


async def _write_product(work: CatalogueWork, id_: ProductId, state: ProductState) -> None:
    there = (await load_products(work.connection, work.environment.id, [id_])).get(id_)
    key = there.lookup_key if there else None
    if key is None and state.chosen is not None:
        # Whoever has the key already keeps it: it is a second name, and no reason to do without the product.
        taken = await load_products_by_key(work.connection, work.environment.id, [state.chosen])
        key = None if taken else state.chosen
    created_at = state.created or (there.created_at if there else work.instant)
    product = Product(id_, state.name or state.chosen or id_, key, state.active, state.metadata, created_at)
    if product != there:
        await write_product(work, product)


async def _write_attachments(work: CatalogueWork, product: ProductId, wanted: Sequence[ProductFeature]) -> None:
    there = (await load_attachments(work.connection, work.environment.id, [product]))[product]
    if isinstance(there, RowUnreadable):
        raise there
    # Those that ended first: a feature can be attached once at a time.
    changed = sorted((each for each in wanted if each not in there), key=lambda each: each.detached_at is None)
    for attachment in changed:
        await write_attachment(work, attachment)
    if changed:
        await announce_attachments(work, product, there)
