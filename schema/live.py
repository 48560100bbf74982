"""The subscription root."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from resolvers.context import Context
from resolvers.live import Moment, follow_entitlements, tell
from schema.change import EntitlementsChange
from schema.given import or_none
from schema.info import Info
from schema.permissions import OWN, Requires
from schema.references import CustomerBy, reference


@dataclass(frozen=True, slots=True)
class Told:
    """A moment as the root value of the operation it is told by, in that operation's context."""

    context: Context
    moment: Moment

    def __await__(self) -> Generator[Any, None, EntitlementsChange]:
        """What the field answers."""
        return self._tell().__await__()

    async def _tell(self) -> EntitlementsChange:
        self.context.require(OWN)
        return EntitlementsChange.of(self.context, await tell(self.context, self.moment))


@strawberry.type(description="Everything that can be followed, over WebSocket or as server-sent events.")
class Subscription:
    """The subscription root. Its fields answer with moments; whoever carries the operation out tells each as `Told`."""

    @strawberry.subscription(
        description=(
            "Every effective change of a customer's entitlements, once and in order. Where changes after "
            "`afterRevision` are no longer kept, first the whole set as a snapshot, then on from there. It ends when "
            "the customer is deleted. NOT_FOUND: there is none to follow."
        ),
        extensions=[Requires(OWN)],
        graphql_type=EntitlementsChange,
    )
    async def entitlements_changed(
        self,
        info: Info,
        customer: Annotated[
            CustomerBy | None,
            strawberry.argument(description="Whose; a customer's session follows its own and leaves it out."),
        ] = UNSET,
        after_revision: Annotated[
            int | None,
            strawberry.argument(
                description=(
                    "The last revision that is known, 0 or more; after one of the future comes a snapshot. Left out, "
                    "it begins with the next one."
                )
            ),
        ] = UNSET,
    ) -> AsyncGenerator[Moment]:
        """A customer's changes."""
        by = reference(customer) if customer else None
        return await follow_entitlements(info.context, by, or_none(after_revision))
