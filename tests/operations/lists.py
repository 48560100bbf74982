"""Every connection of the schema with something in it, and how to ask for a page of it."""

from dataclasses import dataclass
from typing import cast

from tests.operations.api import Api, Json
from tests.operations.deliveries import fail_deliveries

SIZE = 7
"""How many entries `fill` puts into every list."""


@dataclass(frozen=True, slots=True)
class List:
    """A connection: where it stands in the schema, and a document that asks for it.

    `counts` says whether its `totalCount` takes a statement: not for lists that are at hand in memory.
    """

    place: str
    document: str
    counts: bool = True

    async def page(self, api: Api, arguments: str = "") -> Json:
        """A page; `arguments` are as written in a document, `(first: 3)`."""
        return _only_list(await api.run(self._written(arguments, _WHOLE)))

    async def entries(self, api: Api, arguments: str = "") -> list[Json]:
        """The nodes of a page alone, so that nothing else has to be read."""
        return _only_list(await api.run(self._written(arguments, "nodes { id }")))["nodes"]

    async def refusal(self, api: Api, arguments: str) -> str:
        """The one error that a page is refused with; nothing else is answered in its place."""
        result = await api.try_(self._written(arguments, _WHOLE))
        assert result.data is None or _is_empty(result.data), self.place
        assert len(result.errors or ()) == 1, self.place
        return (result.errors or [])[0].message

    def _written(self, arguments: str, selection: str) -> str:
        # A list with an argument of its own has it as the first one in the document.
        document = self.document.replace("ARGUMENTS", arguments)
        return document.replace(")(", ", ").replace("SELECTION", f"{{ {selection} }}")


_WHOLE = """
    edges { cursor node { id } } nodes { id } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
"""


def _of_customer(field: str) -> str:
    return f'{{ customer(by: {{externalId: "acme"}}) {{ list: {field}ARGUMENTS SELECTION }} }}'


FEATURES = List("Query.features", "{ list: featuresARGUMENTS SELECTION }")
PRODUCTS = List("Query.products", "{ list: productsARGUMENTS SELECTION }")
CUSTOMERS = List("Query.customers", "{ list: customersARGUMENTS SELECTION }")
PRODUCT_FEATURES = List("Product.features", '{ product(by: {lookupKey: "p0"}) { list: featuresARGUMENTS SELECTION } }')
FEATURE_PRODUCTS = List("Feature.products", '{ feature(by: {lookupKey: "f0"}) { list: productsARGUMENTS SELECTION } }')
HOLDERS = List("Feature.customers", '{ feature(by: {lookupKey: "f0"}) { list: customersARGUMENTS SELECTION } }')
SUBSCRIPTIONS = List("Customer.subscriptions", _of_customer("subscriptions"), counts=False)
GRANTS = List("Customer.grants", _of_customer("grants"), counts=False)
ENTITLEMENTS = List("Customer.entitlements", _of_customer("entitlements"), counts=False)
ENTITLEMENTS_AT = List(
    "Customer.entitlementsAt", _of_customer('entitlementsAt(at: "2026-01-20T00:00:00Z")'), counts=False
)
TIMELINE = List("Customer.timeline", _of_customer("timeline"), counts=False)

ENDPOINTS = List("Query.webhookEndpoints", "{ list: webhookEndpointsARGUMENTS SELECTION }")
EVENTS = List("Query.webhookEvents", '{ list: webhookEvents(type: "entitlements.changed")ARGUMENTS SELECTION }')
ENDPOINT_DELIVERIES = List(
    "WebhookEndpoint.deliveries",
    "{ webhookEndpoints(last: 1) { nodes { list: deliveriesARGUMENTS SELECTION } } }",
)
EVENT_DELIVERIES = List(
    "WebhookEvent.deliveries",
    """{ webhookEvents(type: "entitlements.changed", last: 1) { nodes {
        list: deliveries(state: [PENDING, FAILED])ARGUMENTS SELECTION
    } } }""",
)
ATTEMPTS = List(
    "WebhookDelivery.attempts",
    """{ webhookEndpoints(last: 1) { nodes { deliveries(state: [FAILED]) { nodes {
        list: attemptsARGUMENTS SELECTION
    } } } } }""",
)

LISTS = (
    FEATURES,
    PRODUCTS,
    CUSTOMERS,
    PRODUCT_FEATURES,
    FEATURE_PRODUCTS,
    HOLDERS,
    SUBSCRIPTIONS,
    GRANTS,
    ENTITLEMENTS,
    ENTITLEMENTS_AT,
    TIMELINE,
    ENDPOINTS,
    EVENTS,
    ENDPOINT_DELIVERIES,
    EVENT_DELIVERIES,
    ATTEMPTS,
)


async def fill(api: Api) -> None:
    """Puts seven entries into every list: features, products, customers, and all there is between them."""
    endpoints = [await api.webhook_endpoint("entitlements.changed") for _ in range(SIZE)]
    features = [f"f{number}" for number in range(SIZE)]
    for feature in features:
        await api.feature(feature)
    for number in range(SIZE):
        await api.product(f"p{number}", *(features if number == 0 else features[:1]))
    for name in ["acme", *(f"c{number}" for number in range(1, SIZE))]:
        await api.customer(name)
        # Acme has an event more than the others: the last one's comes with time, and nobody announces it.
        await grant(api, name, "f0", activeFrom="2026-01-15T18:00:00Z" if name == f"c{SIZE - 1}" else None)
    for number in range(SIZE):
        await api.subscribe("acme", f"p{number}")
    for feature in features[1:]:
        await grant(api, "acme", feature)
    await fail_deliveries(api, endpoints[0], times=SIZE)
    await api.move_to("2026-01-16T00:00:00Z")


async def grant(api: Api, customer: str, feature: str, **more: Json) -> str:
    """The id of a new grant."""
    payload = await api.mutate(
        "grantEntitlement", "grant { id }", customer={"externalId": customer}, feature={"lookupKey": feature}, **more
    )
    return payload["grant"]["id"]


def ids(page: Json) -> list[str]:
    """The ids on a page, in its order."""
    return [node["id"] for node in page["nodes"]]


def _only_list(data: Json) -> Json:
    while "list" not in data:
        data = _inside(data)
    return data["list"]


def _is_empty(data: Json) -> bool:
    found: Json = data
    while found is not None and "list" not in found:
        found = _inside(found)
    return found is None or found["list"] is None


def _inside(data: Json) -> Json:
    """What the only field holds, of a connection its only node."""
    found = next(iter(data.values()))
    return cast("list[Json]", found)[0] if isinstance(found, list) else found
