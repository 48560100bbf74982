"""Stripe's REST interface over an account's books, as far as an import reads it."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.stripe_source import shapes
from tests.stripe_source.billing import ENDED
from tests.stripe_source.books import Books
from tests.stripe_source.paging import CREATED, Refused, created_when, page_of, refuse_unknown
from tests.stripe_source.rights import SHOWN, active_entitlements
from tests.stripe_source.shapes import Json

Answer = Callable[[Mapping[str, str], QueryParams], Json]
"""What there is at an address, by the names in it and by its query."""


def do_nothing(path: str) -> None:
    """What happens before a request is answered, unless it is told otherwise."""


async def wait_for_nothing(path: str) -> None:
    """How long a request's answer is withheld, unless it is told otherwise."""


class Interface:
    """Answers requests that carry the key.

    `before` is called with each request's path before it is answered, and may move the account on, or raise Refused.
    The answer is sent after `hold`, which is called with the path, too.
    """

    def __init__(self, books: Books, key: str) -> None:
        self.books = books
        self.key = key
        self.before: Callable[[str], None] = do_nothing
        self.hold: Callable[[str], Awaitable[None]] = wait_for_nothing
        self.paths: list[str] = []
        self._numbers = count(1)

    def app(self) -> Starlette:
        """The application."""
        books = self.books
        answers: dict[str, Answer] = {
            "/v1/account": lambda named, query: {"id": "acct_1", "object": "account"},
            "/v1/entitlements/features": self._features,
            "/v1/entitlements/features/{id}": lambda named, query: _one(books.features, "feature", named["id"], query),
            "/v1/entitlements/active_entitlements": self._entitlements,
            "/v1/products": self._products,
            "/v1/products/{id}": lambda named, query: _one(books.products, "product", named["id"], query),
            "/v1/products/{id}/features": self._product_features,
            "/v1/prices/{id}": lambda named, query: _one(books.prices, "price", named["id"], query),
            "/v1/customers": self._customers,
            "/v1/customers/{id}": self._customer,
            "/v1/subscriptions": self._subscriptions,
            "/v1/subscriptions/{id}": lambda named, query: _with_first_items(
                _one(books.subscriptions, "subscription", named["id"], query)
            ),
            "/v1/subscription_items": self._items,
            "/v1/events": self._events,
        }
        routes = [Route(path, self._endpoint(answer), methods=["GET"]) for path, answer in answers.items()]
        return Starlette(routes=routes, exception_handlers={404: self._unrecognized, 405: self._unrecognized})

    def _endpoint(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            try:
                self._let_in(request.headers.get("authorization", ""))
                self.paths.append(str(request.url.path))
                self.before(str(request.url.path))
                shown = answer(request.path_params, request.query_params)
                await self.hold(str(request.url.path))
                return self._answered(200, shown)
            except Refused as refused:
                return self._answered(refused.status, {"error": refused.error})

        return respond

    def _answered(self, status: int, body: Json) -> Response:
        headers = {
            "Request-Id": f"req_{next(self._numbers)}",
            "Stripe-Version": shapes.API_VERSION,
            # Stripe's own clock, as the account's time is the test's to move.
            "Date": format_datetime(datetime.fromtimestamp(self.books.now, UTC), usegmt=True),
        }
        return JSONResponse(body, status, headers)

    async def _unrecognized(self, request: Request, _: Exception) -> Response:
        message = f"Unrecognized request URL ({request.method}: {request.url.path})."
        return self._answered(404, {"error": Refused(404, message).error})

    def _let_in(self, authorization: str) -> None:
        kind, _, given = authorization.partition(" ")
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError) as error:
                raise Refused(401, "Invalid API Key provided.") from error
        if not given:
            raise Refused(401, "You did not provide an API key.")
        if given != self.key:
            raise Refused(401, f"Invalid API Key provided: {given[:8]}{'*' * 8}{given[-4:]}")

    def _features(self, named: Mapping[str, str], query: QueryParams) -> Json:
        archived = query.get("archived") == "true"
        found = (
            each
            for each in _newest_first(self.books.features)
            if each["active"] is not archived and query.get("lookup_key") in (None, each["lookup_key"])
        )
        return page_of(found, query, "/v1/entitlements/features", "archived", "lookup_key")

    def _entitlements(self, named: Mapping[str, str], query: QueryParams) -> Json:
        if "customer" not in query:
            raise Refused(400, "Missing required param: customer.", code="parameter_missing", param="customer")
        found = active_entitlements(self.books, query["customer"])
        return page_of(found, query, "/v1/entitlements/active_entitlements", "customer")

    def _products(self, named: Mapping[str, str], query: QueryParams) -> Json:
        found = (
            each
            for each in _newest_first(self.books.products)
            if query.get("active") in (None, "true" if each["active"] else "false")
        )
        return page_of(created_when(found, query), query, "/v1/products", "active", *CREATED)

    def _product_features(self, named: Mapping[str, str], query: QueryParams) -> Json:
        _one(self.books.products, "product", named["id"], QueryParams())
        attached = self.books.product_features[named["id"]]
        return page_of(_newest_first(attached), query, f"/v1/products/{named['id']}/features")

    def _customers(self, named: Mapping[str, str], query: QueryParams) -> Json:
        found = created_when(_newest_first(self.books.customers), query)
        return page_of(found, query, "/v1/customers", *CREATED)

    def _customer(self, named: Mapping[str, str], query: QueryParams) -> Json:
        id_ = named["id"]
        if id_ in self.books.versions and id_ not in self.books.customers:
            return {"id": id_, "object": "customer", "deleted": True}
        return _one(self.books.customers, "customer", id_, query)

    def _subscriptions(self, named: Mapping[str, str], query: QueryParams) -> Json:
        status = query.get("status")
        found = (
            _with_first_items(each)
            for each in _newest_first(self.books.subscriptions)
            if _has_status(each, status) and query.get("customer") in (None, each["customer"])
        )
        return page_of(created_when(found, query), query, "/v1/subscriptions", "status", "customer", *CREATED)

    def _items(self, named: Mapping[str, str], query: QueryParams) -> Json:
        if "subscription" not in query:
            raise Refused(400, "Missing required param: subscription.", code="parameter_missing", param="subscription")
        held = _one(self.books.subscriptions, "subscription", query["subscription"], QueryParams())
        return page_of(held["items"]["data"], query, "/v1/subscription_items", "subscription")

    def _events(self, named: Mapping[str, str], query: QueryParams) -> Json:
        names = [name for name in query if name == "type" or name.startswith("types[")]
        types = {value for name in names for value in query.getlist(name)}
        found = (each for each in self.books.listed_events() if not types or each["type"] in types)
        return page_of(created_when(found, query), query, "/v1/events", *CREATED, *names)


def _newest_first(kind: Mapping[str, Json]) -> Iterator[Json]:
    return (kind[id_] for id_ in reversed([*kind]))


def _with_first_items(subscription: Json) -> Json:
    """A subscription as Stripe shows it: a list in an object is cut."""
    items = subscription["items"]
    shown = {**items, "data": items["data"][:SHOWN], "has_more": len(items["data"]) > SHOWN}
    return {**subscription, "items": shown}


def _has_status(held: Json, status: str | None) -> bool:
    if status == "all":
        return True
    if status == "ended":
        return held["status"] in ENDED
    return held["status"] != "canceled" if status is None else held["status"] == status


def _one(kind: Mapping[str, Json], what: str, id_: str, query: QueryParams) -> Json:
    refuse_unknown(query, frozenset())
    if id_ not in kind:
        raise Refused(404, f"No such {what}: '{id_}'", code="resource_missing", param="id")
    return kind[id_]
