"""Lists of attachments named by value, so that many are read with one statement for each kind of list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId, FeatureId, ProductFeature, ProductId
from storage.paging import Cut, Page
from storage.product_features import (
    Side,
    counts_of_product_features,
    pages_of_product_features,
    products_with_features,
)


@dataclass(frozen=True, slots=True)
class AttachmentsOf:
    """Names the attachments of one product or feature: those detached too or not, those to active ones only or not."""

    by: Side
    parent: str
    detached: bool
    active_only: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentPage:
    """Names one page of them."""

    of: AttachmentsOf
    cut: Cut


async def load_attachment_pages(
    connection: AsyncConnection, environment: EnvironmentId, pages: Sequence[AttachmentPage]
) -> Mapping[AttachmentPage, Page[ProductFeature]]:
    """Pages of attachments: one statement for all parents that are asked for the same page."""
    alike: defaultdict[tuple[AttachmentsOf, Cut], list[AttachmentPage]] = defaultdict(list)
    for page in pages:
        alike[replace(page.of, parent=""), page.cut].append(page)
    found: dict[AttachmentPage, Page[ProductFeature]] = {}
    for (kind, cut), group in alike.items():
        by_parent = await pages_of_product_features(
            connection,
            environment,
            by=kind.by,
            parents=[page.of.parent for page in group],
            cut=cut,
            detached=kind.detached,
            active_only=kind.active_only,
        )
        found.update((page, by_parent[page.of.parent]) for page in group if page.of.parent in by_parent)
    return found


async def load_attachment_counts(
    connection: AsyncConnection, environment: EnvironmentId, lists: Sequence[AttachmentsOf]
) -> Mapping[AttachmentsOf, int]:
    """How many attachments there are: one statement for each kind of list."""
    alike: defaultdict[AttachmentsOf, list[str]] = defaultdict(list)
    for each in lists:
        alike[replace(each, parent="")].append(each.parent)
    found: dict[AttachmentsOf, int] = {}
    for kind, parents in alike.items():
        counts = await counts_of_product_features(
            connection,
            environment,
            by=kind.by,
            parents=parents,
            detached=kind.detached,
            active_only=kind.active_only,
        )
        found.update((replace(kind, parent=parent), n) for parent, n in counts.items())
    return found


async def load_unlocking(
    connection: AsyncConnection, environment: EnvironmentId, keys: Sequence[tuple[FeatureId, int]]
) -> Mapping[tuple[FeatureId, int], list[ProductId]]:
    """Active products that have a feature attached now; a key is the feature and how many are wanted."""
    most = max(first for _, first in keys)
    found = await products_with_features(connection, environment, [feature for feature, _ in keys], most)
    return {(feature, first): found.get(feature, [])[:first] for feature, first in keys}
