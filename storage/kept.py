"""What a process may keep of the catalogue, as storage asks for it; `resolvers.shared` is who keeps it."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Protocol, TypeVar

from entitlements.facts import ProductFeature, ProductId
from storage.records import Environment

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Lookup = Callable[..., Awaitable[Mapping[K, V]]]
"""A statement of storage: it takes a connection, the environment and keys."""


class KeptAttachments(Protocol):
    """Attachments of products that were read before, each true under an attachments version of its environment."""

    def find(self, environment: Environment, product: ProductId) -> tuple[ProductFeature, ...] | None:
        """All attachments a product ever had as of the environment's version; None if they have to be read."""
        ...

    def keep(self, environment: Environment, product: ProductId, attachments: tuple[ProductFeature, ...]) -> None:
        """Takes what was read in one snapshot with the environment."""
        ...


class Kept(Protocol):
    """Products and features that were read before, each true under a catalogue version of its environment."""

    @property
    def attachments(self) -> KeptAttachments | None:
        """The attachments that are kept; None if none ever are."""
        ...

    def at_hand(self, lookup: Lookup[K, V], environment: Environment, keys: Sequence[K]) -> list[V | None]:
        """What a look-up finds under keys as of the environment's version; None for what has to be read."""
        ...

    def keep_catalogue(self, lookup: Lookup[K, V], environment: Environment, found: Mapping[K, V]) -> None:
        """Takes what a look-up found after the environment was read."""
        ...
