"""What other graphs refer to: customers, features and products, by their ids and by their owner's keys."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from resolvers.context import Context
from resolvers.customers import find_customer
from resolvers.errors import InvalidArgument
from resolvers.features import find_feature
from resolvers.products import find_product
from resolvers.references import ById, ByKey, Reference
from schema.catalogue import Feature, Product
from schema.customer import Customer
from schema.nodes import check_number_of_ids
from schema.permissions import TYPES

_ARGUMENT = "representations"


@dataclass(frozen=True, slots=True)
class Entity:
    """A type that has, beside `id`, a `key` that its owner chose; `attribute` is where its record has that."""

    type: type[Customer | Feature | Product]
    key: str
    attribute: str
    find: Callable[[Context, Reference], Awaitable[Any]]

    @property
    def name(self) -> str:
        """What the type is called in the public schema."""
        return self.type.__name__


ENTITIES = (
    Entity(Customer, "externalId", "external_id", find_customer),
    Entity(Feature, "lookupKey", "lookup_key", find_feature),
    Entity(Product, "lookupKey", "lookup_key", find_product),
)


async def load_entities(
    context: Context, entities: Mapping[str, Entity], representations: Sequence[object]
) -> list[Customer | Feature | Product | None]:
    """What representations name, in their order; null for what is unknown, deleted, or of another environment.

    `entities`: by the names that their types have for whoever asks. One that names nothing properly is an error in its
    place alone. Raises: InvalidArgument, for none or more than 100.
    """
    check_number_of_ids(_ARGUMENT, len(representations))
    found = await gather(*(_load(context, entities, each) for each in representations), return_exceptions=True)
    # An exception in a list is the error of its place alone.
    return cast("list[Customer | Feature | Product | None]", found)


async def _load(
    context: Context, entities: Mapping[str, Entity], representation: object
) -> Customer | Feature | Product | None:
    if not isinstance(representation, Mapping):
        raise InvalidArgument(_ARGUMENT, "A representation is an object with `__typename` and a key.")
    given = cast("Mapping[str, object]", representation)
    type_name = given.get("__typename")
    entity = entities.get(type_name) if isinstance(type_name, str) else None
    if entity is None:
        names = ", ".join(f"`{name}`" for name in entities)
        raise InvalidArgument(_ARGUMENT, f"The `__typename` of a representation is one of {names}.")
    # Before it is known whether there is such an object.
    context.require(TYPES[entity.name])
    id_, key = _text(given, "id"), _text(given, entity.key)
    if id_ is None and key is None:
        raise InvalidArgument(_ARGUMENT, f"A `{type_name}` is named by its `id` or its `{entity.key}`.")
    found = await entity.find(context, ByKey(key or "") if id_ is None else ById(id_))
    if found is None:
        return None
    if key is not None and getattr(found, entity.attribute) != key:
        raise InvalidArgument(_ARGUMENT, f"The `id` and the `{entity.key}` don't name the same `{type_name}`.")
    return entity.type.of(context, found)


def _text(given: Mapping[str, object], key: str) -> str | None:
    """A key's value; one that is null is none."""
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidArgument(_ARGUMENT, f"The `{key}` of a representation is a string.")
    return value
