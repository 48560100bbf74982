"""The mutation root: one input, one payload, one transaction each."""

import strawberry

from schema.catalogue_mutations import CatalogueMutations
from schema.customer_mutations import CustomerMutations
from schema.sandbox_mutations import SandboxMutations
from schema.session_mutations import SessionMutations
from schema.subscription_mutations import SubscriptionMutations
from schema.webhook_mutations import WebhookMutations


@strawberry.type(description="Everything that can be changed. The mutations of one operation run one after another.")
class Mutation(
    CatalogueMutations,
    CustomerMutations,
    SubscriptionMutations,
    SessionMutations,
    SandboxMutations,
    WebhookMutations,
):
    """The mutation root."""
