"""A client of the schema for tests: operations in, data out, with a clock to move."""

from datetime import datetime
from typing import Any

from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from gateway.executing import execute
from gateway.preparing.limits import NO_LIMITS
from gateway.preparing.preparation import Preparation
from resolvers.callers import EVERY_SCOPE, holder_of
from resolvers.context import Context, new_context
from resolvers.shared import SharedReads
from schema.build import CORE_SCHEMA
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment, load_environment, set_clock
from storage.records import Credential, Environment

Json = Any

PREPARATION = Preparation(CORE_SCHEMA, NO_LIMITS, compiled=True)


async def run_as_served(document: str, variables: dict[str, Json], context: Context) -> ExecutionResult:
    """The result of a document's only operation, carried out as the gateway does it."""
    prepared = PREPARATION.prepare(document, trusted=True)
    if prepared.errors:
        return PreExecutionError(data=None, errors=list(prepared.errors))
    return await execute(prepared, prepared.operation(None), variables, context)


class Api:
    """Operations in one environment, whose clock is frozen where the test puts it.

    `shared`: what operations of one process share; None for operations that have nothing in common.
    """

    def __init__(
        self,
        database: Database,
        environment: Environment,
        credential: Credential,
        shared: SharedReads | None = None,
    ) -> None:
        self.database = database
        self.environment = environment
        self.credential = credential
        self.shared = shared

    @classmethod
    async def open(
        cls,
        database: Database,
        name: str = "sandbox",
        at: datetime | None = None,
        shared: SharedReads | None = None,
    ) -> "Api":
        """A fresh environment, its clock frozen at an instant if one is given."""
        environment = await create_environment(database, name, livemode=False)
        if at is not None:
            environment = await set_clock(database, environment.id, at)
        credential, _ = await create_key(database, environment.id, "tests", (EVERY_SCOPE,))
        return cls(database, environment, credential, shared)

    async def move_to(self, at: datetime | str) -> None:
        """Moves the environment's clock on; a text is RFC 3339 with an offset."""
        instant = datetime.fromisoformat(at) if isinstance(at, str) else at
        self.environment = await set_clock(self.database, self.environment.id, instant)

    async def run(self, document: str, **variables: Json) -> Json:
        """The data of an operation that must succeed."""
        result = await self.try_(document, **variables)
        assert not result.errors, result.errors
        return result.data

    async def try_(self, document: str, **variables: Json) -> ExecutionResult:
        """The whole result of an operation."""
        async with self.database.read() as connection:
            self.environment = await load_environment(connection, self.environment.id)
        context = new_context(self.database, self.environment, holder_of(self.credential), shared=self.shared)
        return await run_as_served(document, variables, context)

    async def mutate(self, name: str, selection: str = "__typename", /, **given: Json) -> Json:
        """The payload of a mutation that must not be refused."""
        payload = await self.try_mutation(name, selection, **given)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def try_mutation(self, name: str, selection: str = "__typename", /, **given: Json) -> Json:
        """The payload of a mutation, refused or not."""
        kind = name[0].upper() + name[1:]
        errors = "userErrors { field code message existing { id } }"
        document = f"mutation M($input: {kind}Input!) {{ {name}(input: $input) {{ {selection} {errors} }} }}"
        return (await self.run(document, input=given))[name]

    async def feature(self, key: str, **more: Json) -> str:
        """The id of a new feature."""
        payload = await self.mutate("createFeature", "feature { id }", name=key, lookupKey=key, **more)
        return payload["feature"]["id"]

    async def product(self, key: str, *features: str) -> str:
        """The id of a new product with features attached by their keys."""
        given = [{"lookupKey": feature} for feature in features]
        payload = await self.mutate("createProduct", "product { id }", name=key, lookupKey=key, features=given)
        return payload["product"]["id"]

    async def customer(self, external_id: str) -> str:
        """The id of a new customer."""
        payload = await self.mutate("createCustomer", "customer { id }", externalId=external_id)
        return payload["customer"]["id"]

    async def subscribe(self, customer: str, *products: str, **more: Json) -> Json:
        """A new subscription of a customer (by external id) to products (by key): its id and its items' ids."""
        items = more.pop("items", None) or [{"product": {"lookupKey": product}} for product in products]
        selection = "subscription { id status items { id } currentPeriodEnd }"
        payload = await self.mutate(
            "createSubscription", selection, customer={"externalId": customer}, items=items, **more
        )
        return payload["subscription"]

    async def webhook_endpoint(self, *events: str, **more: Json) -> str:
        """The id of a new endpoint, disabled: no application that runs beside the test looks its name up."""
        if events:
            more["enabledEvents"] = list(events)
        payload = await self.mutate(
            "createWebhookEndpoint", "webhookEndpoint { id }", url="https://hooks.example.com", **more
        )
        id_ = payload["webhookEndpoint"]["id"]
        await self.mutate("updateWebhookEndpoint", id=id_, status="DISABLED")
        return id_

    async def of_customer(self, customer: str, selection: str) -> Json:
        """Fields of a customer named by external id."""
        document = f"query Q($by: CustomerBy!) {{ customer(by: $by) {{ {selection} }} }}"
        return (await self.run(document, by={"externalId": customer}))["customer"]

    async def of_node(self, kind: str, node: str, selection: str) -> Json:
        """Fields of an object of a kind named by its id; None if there is none."""
        document = f"query Q($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {selection} }} }} }}"
        return (await self.run(document, id=node))["node"]

    async def keys(self, customer: str, at: str | None = None) -> set[str]:
        """The lookup keys of a customer's active entitlements, now or at an instant."""
        field = "entitlements(first: 100)" if at is None else f'entitlements: entitlementsAt(at: "{at}", first: 100)'
        document = f"query Q($by: CustomerBy!) {{ customer(by: $by) {{ {field} {{ nodes {{ lookupKey }} }} }} }}"
        data = await self.run(document, by={"externalId": customer})
        return {node["lookupKey"] for node in data["customer"]["entitlements"]["nodes"]}
