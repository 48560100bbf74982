"""Lists of features and of products named by value, so that a page of one can be kept and found again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId, Feature, Product
from storage.features import count_features, page_features
from storage.paging import Cut, Page
from storage.products import count_products, page_products


@dataclass(frozen=True, slots=True)
class FeaturesOf:
    """Names the archived features of an environment, or the active ones; of all keys (None) or of one."""

    archived: bool
    lookup_key: str | None


@dataclass(frozen=True, slots=True)
class ProductsOf:
    """Names the products of an environment: all (None), or those active or not."""

    active: bool | None


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """Names one page of features."""

    of: FeaturesOf
    cut: Cut


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Names one page of products."""

    of: ProductsOf
    cut: Cut


async def load_feature_pages(
    connection: AsyncConnection, environment: EnvironmentId, pages: Sequence[FeaturePage]
) -> Mapping[FeaturePage, Page[Feature]]:
    """Pages of features; one statement for each."""
    return {
        page: await page_features(
            connection, environment, page.cut, archived=page.of.archived, lookup_key=page.of.lookup_key
        )
        for page in pages
    }


async def load_feature_counts(
    connection: AsyncConnection, environment: EnvironmentId, lists: Sequence[FeaturesOf]
) -> Mapping[FeaturesOf, int]:
    """How many features each list has; one statement for each."""
    return {
        of: await count_features(connection, environment, archived=of.archived, lookup_key=of.lookup_key)
        for of in lists
    }


async def load_product_pages(
    connection: AsyncConnection, environment: EnvironmentId, pages: Sequence[ProductPage]
) -> Mapping[ProductPage, Page[Product]]:
    """Pages of products; one statement for each."""
    return {page: await page_products(connection, environment, page.cut, active=page.of.active) for page in pages}


async def load_product_counts(
    connection: AsyncConnection, environment: EnvironmentId, lists: Sequence[ProductsOf]
) -> Mapping[ProductsOf, int]:
    """How many products each list has; one statement for each."""
    return {of: await count_products(connection, environment, active=of.active) for of in lists}
