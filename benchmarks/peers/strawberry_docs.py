"""Strawberry as its documentation shows it, over the tables of seed.sql: ORM sessions, DataLoaders, cached documents.

Run by uvicorn as `benchmarks.peers.strawberry_docs:app`. Reads PGURL.
"""

import base64
import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

import strawberry
from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.scalars import JSON
from strawberry.types import Info

from storage.url import read_url

Session = async_sessionmaker(create_async_engine(read_url(os.environ["PGURL"]), pool_size=10), expire_on_commit=False)


class Row(DeclarativeBase):
    """A row of any table."""


class CustomerRow(Row):
    """A customer."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    ext_id: Mapped[str]
    name: Mapped[str]


class FeatureRow(Row):
    """A feature."""

    __tablename__ = "features"
    id: Mapped[int] = mapped_column(primary_key=True)
    ext_id: Mapped[str]
    name: Mapped[str]
    lookup_key: Mapped[str]
    active: Mapped[bool]
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)


class ProductRow(Row):
    """A product."""

    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    ext_id: Mapped[str]
    name: Mapped[str]


class ProductFeatureRow(Row):
    """A feature of a product."""

    __tablename__ = "product_features"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    feature_id: Mapped[int] = mapped_column(ForeignKey("features.id"))


class EntitlementRow(Row):
    """An entitlement, computed by somebody else."""

    __tablename__ = "entitlements"
    id: Mapped[int] = mapped_column(primary_key=True)
    ext_id: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    feature_id: Mapped[int] = mapped_column(ForeignKey("features.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    active_from: Mapped[datetime]
    active_to: Mapped[datetime | None]


async def load_features(ids: list[int]) -> list[FeatureRow]:
    """Features by their ids."""
    async with Session() as session:
        found = {row.id: row for row in await session.scalars(select(FeatureRow).where(FeatureRow.id.in_(ids)))}
    return [found[key] for key in ids]


async def load_products(ids: list[int]) -> list[ProductRow]:
    """Products by their ids."""
    async with Session() as session:
        found = {row.id: row for row in await session.scalars(select(ProductRow).where(ProductRow.id.in_(ids)))}
    return [found[key] for key in ids]


async def load_entitlements(customers: list[int]) -> list[list[EntitlementRow]]:
    """All entitlements of each customer."""
    query = select(EntitlementRow).where(EntitlementRow.customer_id.in_(customers)).order_by(EntitlementRow.id)
    held: defaultdict[int, list[EntitlementRow]] = defaultdict(list)
    async with Session() as session:
        for row in await session.scalars(query):
            held[row.customer_id].append(row)
    return [held[customer] for customer in customers]


async def load_products_of(features: list[int]) -> list[list[ProductRow]]:
    """The products of each feature, the latest attached first."""
    query = select(ProductFeatureRow.feature_id, ProductRow).join(ProductRow)
    query = query.where(ProductFeatureRow.feature_id.in_(features)).order_by(ProductFeatureRow.id.desc())
    found: defaultdict[int, list[ProductRow]] = defaultdict(list)
    async with Session() as session:
        for feature, product in await session.execute(query):
            found[feature].append(product)
    return [found[feature] for feature in features]


@strawberry.type
class PageInfo:
    """Where a page lies."""

    has_next_page: bool
    end_cursor: str | None

    @classmethod
    def of(cls, rows: Sequence[EntitlementRow | FeatureRow], first: int) -> Self:
        """The place of the first rows of a list."""
        end = rows[min(first, len(rows)) - 1] if rows else None
        cursor = base64.b64encode(str(end.id).encode()).decode() if end else None
        return cls(has_next_page=len(rows) > first, end_cursor=cursor)


@strawberry.type
class Product:
    """A product."""

    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: ProductRow) -> Self:
        """The product of a row."""
        return cls(id=strawberry.ID(row.ext_id), name=row.name)


@strawberry.type
class ProductConnection:
    """Products."""

    nodes: list[Product]


@strawberry.type
class Feature:
    """A feature."""

    row: strawberry.Private[FeatureRow]
    id: strawberry.ID
    name: str
    lookup_key: str
    active: bool
    metadata: JSON

    @classmethod
    def of(cls, row: FeatureRow) -> Self:
        """The feature of a row."""
        return cls(
            row=row,
            id=strawberry.ID(row.ext_id),
            name=row.name,
            lookup_key=row.lookup_key,
            active=row.active,
            metadata=JSON(row.meta),
        )

    @strawberry.field
    async def products(self, info: Info, first: int) -> ProductConnection:
        """The products that have it."""
        rows = await info.context["products_of"].load(self.row.id)
        return ProductConnection(nodes=[Product.of(row) for row in rows[:first]])


@strawberry.type
class FeatureConnection:
    """Features."""

    nodes: list[Feature]
    page_info: PageInfo


@strawberry.type
class Entitlement:
    """An entitlement."""

    row: strawberry.Private[EntitlementRow]
    id: strawberry.ID
    active_from: datetime
    active_to: datetime | None

    @classmethod
    def of(cls, row: EntitlementRow) -> Self:
        """The entitlement of a row."""
        return cls(row=row, id=strawberry.ID(row.ext_id), active_from=row.active_from, active_to=row.active_to)

    @strawberry.field
    async def feature(self, info: Info) -> Feature:
        """What may be used."""
        return Feature.of(await info.context["features"].load(self.row.feature_id))

    @strawberry.field
    async def product(self, info: Info) -> Product:
        """What gives it."""
        return Product.of(await info.context["products"].load(self.row.product_id))


@strawberry.type
class EntitlementConnection:
    """Entitlements."""

    nodes: list[Entitlement]
    page_info: PageInfo
    total_count: int


@strawberry.type
class Access:
    """Whether one feature may be used."""

    lookup_key: str
    has_access: bool


@strawberry.type
class Customer:
    """A customer."""

    row: strawberry.Private[CustomerRow]
    id: strawberry.ID
    name: str

    @strawberry.field
    async def entitlements(self, info: Info, first: int) -> EntitlementConnection:
        """What it may use."""
        rows = await info.context["entitlements"].load(self.row.id)
        return EntitlementConnection(
            nodes=[Entitlement.of(row) for row in rows[:first]],
            page_info=PageInfo.of(rows, first),
            total_count=len(rows),
        )

    @strawberry.field
    async def access(self, lookup_keys: list[str]) -> list[Access]:
        """Which of these features it may use."""
        query = select(FeatureRow.lookup_key).join(EntitlementRow, EntitlementRow.feature_id == FeatureRow.id)
        query = query.where(EntitlementRow.customer_id == self.row.id, FeatureRow.lookup_key.in_(lookup_keys))
        async with Session() as session:
            held = set(await session.scalars(query))
        return [Access(lookup_key=key, has_access=key in held) for key in lookup_keys]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def customer(self, id: Annotated[strawberry.ID, strawberry.argument()]) -> Customer | None:  # noqa: A002
        """A customer."""
        async with Session() as session:
            row = await session.scalar(select(CustomerRow).where(CustomerRow.ext_id == id))
        return Customer(row=row, id=strawberry.ID(row.ext_id), name=row.name) if row else None

    @strawberry.field
    async def features(self, first: int) -> FeatureConnection:
        """Features, newest first."""
        async with Session() as session:
            rows = (await session.scalars(select(FeatureRow).order_by(FeatureRow.id.desc()).limit(first + 1))).all()
        return FeatureConnection(nodes=[Feature.of(row) for row in rows[:first]], page_info=PageInfo.of(rows, first))


class Server(GraphQL[dict[str, Any], None]):
    """The view, with DataLoaders of its own for every request."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> dict[str, Any]:
        """What resolvers are given."""
        return {
            "request": request,
            "response": response,
            "features": DataLoader(load_features),
            "products": DataLoader(load_products),
            "entitlements": DataLoader(load_entitlements),
            "products_of": DataLoader(load_products_of),
        }


app = Server(strawberry.Schema(Query, extensions=[ParserCache, ValidationCache]))
