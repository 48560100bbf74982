"""What any request may look like, and what each that can't be answered is told."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from gateway.rest.forms import MAX_PARAMETERS
from resolvers.callers import Scope
from storage.credentials import create_key
from tests.service.rest.shop import FORM, Shop, plain
from tests.service.serving import serving
from tests.service.watching import session_of

FEATURES = "/v1/entitlements/features"
INVALID = "invalid_request_error"
NEW = "name=a&lookup_key=a"


WRONG_FORMS: dict[str | bytes, tuple[str | None, str | None]] = {
    "name=a": ("parameter_missing", "lookup_key"),
    "name=&lookup_key=a": ("parameter_invalid_empty", "name"),
    "name=%20&lookup_key=a": ("parameter_invalid_empty", "name"),
    f"name={'x' * 81}&lookup_key=a": (None, "name"),
    f"name=a&lookup_key={'x' * 81}": (None, "lookup_key"),
    "name=%00&lookup_key=a": (None, "name"),
    f"{NEW}&type=boolean": ("parameter_unknown", "type"),
    f"{NEW}&expand[]=product": (None, "expand"),
    f"{NEW}&expand=name": (None, "expand"),
    "name[]=a&lookup_key=a": (None, "name"),
    "name[first]=a&lookup_key=a": (None, "name"),
    f"{NEW}&metadata=x": (None, "metadata"),
    f"{NEW}&metadata[a][b]=x": (None, "metadata"),
    f"{NEW}&metadata[a]=x&metadata[]=x": (None, "metadata[]"),
    f"{NEW}&metadata[{'k' * 41}]=x": (None, "metadata"),
    f"{NEW}&metadata[k]={'x' * 501}": (None, "metadata[k]"),
    f"{NEW}&" + "&".join(f"metadata[k{number}]=x" for number in range(51)): (None, "metadata"),
    f"{NEW}&a[b][c][d][e][f][g]=x": (None, "a[b][c][d][e][f][g]"),
    f"{NEW}&][=x": ("parameter_unknown", "]["),
    b"name=%ff&lookup_key=a": (None, None),
    b"name=\xff&lookup_key=a": (None, None),
    "&".join(["a=b"] * (MAX_PARAMETERS + 1)): (None, None),
}
"""With the code and the parameter that each is refused with."""

WRONG_LISTS: dict[str, tuple[str | None, str]] = {
    "limit=0": ("parameter_invalid_integer", "limit"),
    "limit=101": ("parameter_invalid_integer", "limit"),
    "limit=1e2": ("parameter_invalid_integer", "limit"),
    "limit=": ("parameter_invalid_integer", "limit"),
    "limit[]=1": ("parameter_invalid_integer", "limit"),
    f"limit={'9' * 5000}": ("parameter_invalid_integer", "limit"),
    "archived=1": (None, "archived"),
    "archived[]=true": (None, "archived"),
    "starting_after=feat_1": ("resource_missing", "starting_after"),
    "ending_before=feat_%00": ("resource_missing", "ending_before"),
    "starting_after=": ("parameter_invalid_empty", "starting_after"),
    "starting_after=feat_1&ending_before=feat_2": ("parameters_exclusive", "ending_before"),
    "active=true": ("parameter_unknown", "active"),
    "expand[]=data.feature": (None, "expand"),
}


async def test_a_parameter_that_is_wrong_is_named(shop: Shop) -> None:
    refusals = {form: await shop.refusal("POST", FEATURES, form) for form in WRONG_FORMS}

    assert refusals == {form: (400, INVALID, *named) for form, named in WRONG_FORMS.items()}
    assert (await shop.send("GET", FEATURES)).json()["data"] == []


async def test_a_list_that_cannot_be_had_is_refused(shop: Shop) -> None:
    refusals = {query: await shop.refusal("GET", f"{FEATURES}?{query}") for query in WRONG_LISTS}

    assert refusals == {query: (400, INVALID, *named) for query, named in WRONG_LISTS.items()}


async def test_an_empty_entry_of_new_metadata_is_left_out_whatever_is_made(shop: Shop) -> None:
    v1 = shop.stripe.v1

    def walk() -> None:
        items = [{"price": f"price_1month_{shop.product('sso')}"}]
        made: list[tuple[Callable[[Any], object], dict[str, object]]] = [
            (v1.entitlements.features.create, {"name": "a", "lookup_key": "a"}),
            (v1.products.create, {"name": "a"}),
            (v1.customers.create, {}),
            (v1.subscriptions.create, {"customer": shop.customer(), "items": items}),
            (v1.webhook_endpoints.create, {"url": "https://a.example", "enabled_events": ["*"]}),
        ]
        for create, given in made:
            shown: Any = create({**given, "metadata": {"a": "b", "c": ""}})
            assert plain(shown.metadata) == {"a": "b"}

    await shop.use(walk)


async def test_what_the_address_names_must_be_there(shop: Shop) -> None:
    for id_ in ("feat_1", "cus_1", "%00", "x" * 2_000):
        for method, form in (("GET", ""), ("POST", "name=a"), ("POST", "active=false")):
            refused = await shop.refusal(method, f"{FEATURES}/{id_}", form)
            assert refused == (404, INVALID, "resource_missing", "id")


async def test_an_address_of_nothing_is_not_found(shop: Shop) -> None:
    for path in (
        "/v1/",
        "/v1/charges",
        f"{FEATURES}/",
        f"{FEATURES}/a/b",
        f"{FEATURES}/a%2Fb",
        "/v1//features",
        "/v1/a%0Ab",
    ):
        assert await shop.refusal("GET", path) == (404, INVALID, None, None)


async def test_a_method_that_is_not_there_names_those_that_are(shop: Shop) -> None:
    answer = await shop.send("DELETE", FEATURES)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, GET")
    assert answer.json()["error"]["type"] == INVALID


async def test_a_body_of_another_kind_or_too_long_is_refused(shop: Shop) -> None:
    as_json = await shop.send("POST", FEATURES, '{"name": "a"}', **{"Content-Type": "application/json"})
    too_long = await shop.send("POST", FEATURES, "name=" + "x" * 300_000)

    assert (as_json.status_code, as_json.json()["error"]["type"]) == (400, INVALID)
    assert (too_long.status_code, too_long.json()["error"]["type"]) == (413, INVALID)


async def test_raw_letters_of_other_alphabets_are_taken_as_curl_sends_them(shop: Shop) -> None:
    made = await shop.send("POST", FEATURES, "name=Überweisung&lookup_key=überweisung".encode())

    assert made.json()["name"] == "Überweisung"


async def test_a_key_is_taken_as_bearer_and_as_the_user_of_basic(shop: Shop) -> None:
    secret = shop.caller.secret
    for authorization in (f"Bearer {secret}", f"Basic {b64encode(f'{secret}:'.encode()).decode()}"):
        answer = await shop.send("GET", FEATURES, Authorization=authorization)
        assert answer.status_code == 200


async def test_a_wrong_key_is_told_no_more_than_that(shop: Shop) -> None:
    for wrong in ("", "Bearer x", "Basic !", "Basic eDo=", "Basic", "Digest x", "Basic /w=="):
        answers = [await shop.send("GET", path, Authorization=wrong) for path in (FEATURES, "/v1/nothing")]

        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].json() == answers[1].json()
        assert answers[0].json()["error"]["type"] == INVALID
        assert "Basic" not in answers[0].headers["WWW-Authenticate"]


async def test_a_key_does_what_its_scopes_allow(shop: Shop) -> None:
    _, reader = await create_key(shop.caller.database, shop.caller.environment.id, "reader", (Scope.CATALOG_READ,))
    by_reader = {"Authorization": f"Bearer {reader}"}

    listed = await shop.send("GET", FEATURES, **by_reader)
    refused = await shop.send("POST", FEATURES, "nonsense=1", **by_reader)

    assert (listed.status_code, refused.status_code) == (200, 403)
    assert "catalog:write" in refused.json()["error"]["message"]


async def test_a_customers_own_session_is_for_graphql_alone(shop: Shop) -> None:
    await shop.caller.do("createCustomer", "customer { id }", externalId="acme")
    _, token = await session_of(shop.caller)

    answer = await shop.send("GET", FEATURES, Authorization=f"Bearer {token}")

    assert (answer.status_code, answer.json()["error"]["type"]) == (403, INVALID)


async def test_an_answer_names_its_request_and_the_version_it_was_asked_in(shop: Shop) -> None:
    given = {"X-Request-Id": "mine", "Stripe-Version": "2026-10-28.endive"}
    for path, status in ((FEATURES, 200), ("/v1/nothing", 404)):
        answer = await shop.send("GET", path, **given)
        assert answer.status_code == status
        assert (answer.headers["Request-Id"], answer.headers["Stripe-Version"]) == ("mine", "2026-10-28.endive")
        assert answer.headers["Cache-Control"] == "no-store"


async def test_requests_are_paid_for_and_refused_when_all_is_spent(shop: Shop, database_url: str) -> None:
    with serving(database_url, key_rate="150/day") as url:
        listed = await shop.send("GET", f"{url}{FEATURES}")
        wrong = await shop.send("GET", f"{url}{FEATURES}?limit=0")
        retrieved = [await shop.send("GET", f"{url}{FEATURES}/feat_1") for _ in range(5)]

    assert (listed.status_code, listed.headers["RateLimit-Remaining"]) == (200, "50")
    assert wrong.status_code == 400
    assert [answer.status_code for answer in retrieved] == [404, 404, 404, 404, 429]
    assert retrieved[-1].json()["error"]["code"] == "rate_limit"
    assert int(retrieved[-1].headers["Retry-After"]) > 0
    assert retrieved[-1].headers["Stripe-Should-Retry"] == "true"


async def test_requests_are_counted_by_their_endpoint(shop: Shop) -> None:
    await shop.send("POST", FEATURES, NEW, **{"Content-Type": FORM})
    await shop.send("POST", FEATURES, NEW)

    lines = (await shop.caller.client.get("/metrics")).text.splitlines()

    counted = 'admittance_operations_total{operation="PostEntitlementsFeatures",outcome="%s",type="mutation"} 1.0'
    assert counted % "ok" in lines
    assert counted % "refused" in lines


async def test_there_is_nothing_under_v1_if_the_setting_says_so(shop: Shop, database_url: str) -> None:
    with serving(database_url, rest=False) as url:
        answer = await shop.send("GET", f"{url}{FEATURES}")

    assert answer.status_code == 404
    assert "errors" in answer.json()
