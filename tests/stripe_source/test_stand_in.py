"""The stand-in is as Stripe for Stripe's own library."""

from collections.abc import Generator

import httpx2
import pytest
import stripe

from tests.service.serving import NO_TLS
from tests.stripe_source.books import DAY
from tests.stripe_source.paging import Refused
from tests.stripe_source.stand_in import KEY, SECRET, StandIn, body_of, signature

NEW_YEAR = 1_735_689_600


@pytest.fixture
def source() -> Generator[StandIn]:
    with StandIn(NEW_YEAR).open() as opened:
        yield opened


@pytest.fixture
def client(source: StandIn) -> stripe.StripeClient:
    return stripe.StripeClient(KEY, base_addresses={"api": source.url}, max_network_retries=0)


def test_the_library_pages_through_a_thousand_objects_either_way(source: StandIn, client: stripe.StripeClient) -> None:
    made = [source.books.new_customer(f"{number}@acme.test") for number in range(1000)]
    customers = client.v1.customers

    latest_first = [each.id for each in customers.list({"limit": 100}).auto_paging_iter()]
    oldest_first = [each.id for each in customers.list({"ending_before": made[0]}).auto_paging_iter()]

    assert latest_first == made[::-1]
    assert oldest_first == made[1:]


def test_the_library_verifies_what_is_sent(source: StandIn) -> None:
    source.books.new_customer("it@acme.test")
    [event] = source.books.events
    body = body_of(event)

    read = stripe.Webhook.construct_event(body, signature(body), SECRET)  # pyright: ignore[reportUnknownMemberType]

    assert read.to_dict() == event
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature(body, "whsec_other"), SECRET)  # pyright: ignore[reportUnknownMemberType]


def test_a_trial_that_is_paused_by_its_end_tells_what_stripe_tells(
    source: StandIn, client: stripe.StripeClient
) -> None:
    books, billing = source.books, source.billing
    price = books.new_price(books.new_product("Pro"))
    customer = books.new_customer("it@acme.test")
    trial = {"trial_seconds": 7 * DAY, "trial_behavior": "pause", "payment_method": None}
    id_ = billing.subscribe(customer, [(price, 2)], **trial)  # pyright: ignore[reportArgumentType]

    billing.advance_to(NEW_YEAR + 10 * DAY)

    shown = client.v1.subscriptions.retrieve(id_).to_dict()
    assert (shown["status"], shown["trial_end"]) == ("paused", NEW_YEAR + 7 * DAY)
    of_it = [each for each in books.events if each["type"].startswith("customer.subscription")]
    assert [(each["type"].rpartition(".")[2], each["created"] - NEW_YEAR) for each in of_it] == [
        ("created", 0),
        ("trial_will_end", 4 * DAY),
        ("updated", 7 * DAY),
        ("paused", 7 * DAY),
    ]
    update = of_it[2]["data"]["previous_attributes"]
    assert update["status"] == "trialing"
    assert [item["current_period_end"] for item in update["items"]["data"]] == [NEW_YEAR + 7 * DAY]


def test_events_are_listed_for_thirty_days_by_type_and_instant(source: StandIn, client: stripe.StripeClient) -> None:
    books = source.books
    customer = books.new_customer("it@acme.test")
    books.now += 20 * DAY
    books.update_customer(customer, email="ops@acme.test")
    books.now += 20 * DAY
    books.new_product("Pro")
    events = client.v1.events

    listed = [each.type for each in events.list()]
    of_types = [each.type for each in events.list({"types": ["customer.updated", "customer.deleted"]})]
    lately = [each.type for each in events.list({"created": {"gte": books.now}})]

    assert listed == ["product.created", "customer.updated"]
    assert of_types == ["customer.updated"]
    assert lately == ["product.created"]
    assert books.events[1]["data"]["previous_attributes"] == {"email": "it@acme.test"}


def test_what_a_deleted_customer_leaves_is_a_stub(source: StandIn, client: stripe.StripeClient) -> None:
    books = source.books
    customer = books.new_customer("it@acme.test")
    subscription = source.billing.subscribe(customer, [(books.new_price(books.new_product("Pro")), 1)])

    source.billing.delete_customer(customer)

    stub = client.v1.customers.retrieve(customer).to_dict()
    assert stub == {"id": customer, "object": "customer", "deleted": True}
    assert client.v1.customers.list().data == []
    assert client.v1.subscriptions.list().data == []
    assert [each.id for each in client.v1.subscriptions.list({"status": "all"})] == [subscription]


def test_features_are_listed_apart_from_archived_ones(source: StandIn, client: stripe.StripeClient) -> None:
    books = source.books
    kept, archived = books.new_feature("sso"), books.new_feature("audit")
    product = books.new_product("Pro")
    attached = books.attach(product, archived)
    books.archive(archived)
    features = client.v1.entitlements.features

    assert [each.id for each in features.list()] == [kept]
    assert [each.id for each in features.list({"archived": True})] == [archived]
    [shown] = client.v1.products.features.list(product)
    assert (shown.id, shown.entitlement_feature.active) == (attached, False)


@pytest.mark.parametrize(
    ("asked", "status", "code", "param"),
    [
        ("customers/cus_1", 404, "resource_missing", "id"),
        ("customers?limit=101", 400, "parameter_invalid_integer", "limit"),
        ("customers?limit=ten", 400, "parameter_invalid_integer", "limit"),
        ("customers?starting_after=cus_1", 400, "resource_missing", "starting_after"),
        ("customers?starting_after=cus_1&ending_before=cus_2", 400, None, None),
        ("customers?colour=red", 400, "parameter_unknown", "colour"),
        ("charges", 404, None, None),
    ],
)
def test_what_is_wrong_is_refused_as_stripe_does(
    source: StandIn, asked: str, status: int, code: str | None, param: str | None
) -> None:
    answer = httpx2.get(f"{source.url}/v1/{asked}", auth=(KEY, ""), verify=NO_TLS)

    error = answer.json()["error"]
    assert (answer.status_code, error.get("code"), error.get("param")) == (status, code, param)
    assert (error["type"], bool(error["message"])) == ("invalid_request_error", True)


def test_a_wrong_key_and_too_many_requests_are_refused(source: StandIn, client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.AuthenticationError):
        stripe.StripeClient("sk_" + "test_other", base_addresses={"api": source.url}).v1.customers.list()

    def refuse(path: str) -> None:
        raise Refused(429, "Request rate limit exceeded.", code="rate_limit")

    source.interface.before = refuse
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
