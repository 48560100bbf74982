"""Subscriptions, by Stripe's own library."""

from datetime import UTC, datetime

import pytest
import stripe

from tests.service.rest.shop import Shop

INVALID = "invalid_request_error"
JANUARY = datetime(2030, 1, 1, tzinfo=UTC)
LIST = "/v1/subscriptions"


def at(day: int, month: int = 1) -> int:
    return int(datetime(2030, month, day, tzinfo=UTC).timestamp())


async def test_a_subscription_is_shown_as_the_rule_has_it(shop: Shop) -> None:
    await shop.caller.move_to(JANUARY)

    def walk() -> None:
        customer, product = shop.customer(), shop.product("sso")
        made = shop.stripe.v1.subscriptions.create(
            {"customer": customer, "items": [{"price": f"price_1month_{product}", "quantity": 3}]}
        )
        [item] = made["items"].data
        assert made.to_dict() == {
            "id": made.id,
            "object": "subscription",
            "billing_cycle_anchor": at(1),
            "cancel_at": None,
            "cancel_at_period_end": False,
            "canceled_at": None,
            "created": at(1),
            "customer": customer,
            "ended_at": None,
            "items": {
                "object": "list",
                "url": f"/v1/subscription_items?subscription={made.id}",
                "has_more": False,
                "data": [
                    {
                        "id": item.id,
                        "object": "subscription_item",
                        "created": at(1),
                        "current_period_end": at(1, 2),
                        "current_period_start": at(1),
                        "metadata": {},
                        "price": {
                            "id": f"price_1month_{product}",
                            "object": "price",
                            "livemode": False,
                            "product": product,
                            "recurring": {"interval": "month", "interval_count": 1},
                            "type": "recurring",
                        },
                        "quantity": 3,
                        "subscription": made.id,
                    }
                ],
            },
            "livemode": False,
            "metadata": {},
            "start_date": at(1),
            "status": "active",
            "trial_end": None,
            "trial_start": None,
        }
        assert shop.stripe.v1.subscriptions.retrieve(made.id) == made
        expanded = shop.stripe.v1.subscriptions.retrieve(made.id, {"expand": ["customer"]})
        assert expanded.customer == shop.stripe.v1.customers.retrieve(customer)

    await shop.use(walk)


async def test_a_subscription_begins_in_a_trial_or_waits_for_its_payment(shop: Shop) -> None:
    await shop.caller.move_to(JANUARY)
    subscriptions = shop.stripe.v1.subscriptions

    def walk() -> None:
        customer, product = shop.customer(), shop.product("sso")
        price_data = {"product": product, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "year"}}
        trial = subscriptions.create(
            {
                "customer": customer,
                "items": [{"price_data": price_data}],  # pyright: ignore[reportArgumentType]
                "trial_period_days": 14,
                "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
            }
        )
        assert (trial.status, trial.trial_end) == ("trialing", at(15))
        assert trial["items"].data[0].price.id == f"price_1year_{product}"
        assert subscriptions.update(trial.id, {"trial_end": at(20)}).trial_end == at(20)
        assert subscriptions.update(trial.id, {"trial_end": "now"}).status == "active"
        with pytest.raises(stripe.InvalidRequestError) as over:
            subscriptions.update(trial.id, {"trial_end": "now"})
        assert over.value.param == "trial_end"  # pyright: ignore[reportUnknownMemberType]

        incomplete = subscriptions.create(
            {
                "customer": customer,
                "items": [{"price": f"price_3month_{product}"}],
                "payment_behavior": "default_incomplete",
            }
        )
        assert incomplete.status == "incomplete"

    await shop.use(walk)


async def test_a_trial_of_days_ends_with_the_last_instant_at_the_latest(shop: Shop) -> None:
    clock = await shop.send("POST", "/v1/test_helpers/test_clocks", {"frozen_time": "253370000000"})
    customer, price, _ = await subscribed(shop)

    begun = await shop.send("POST", LIST, {"customer": customer, "items[0][price]": price, "trial_period_days": "730"})

    assert clock.json()["frozen_time"] == 253_370_000_000
    assert begun.json()["trial_end"] == 253_402_300_799


async def test_a_trial_waits_for_no_payment(shop: Shop) -> None:
    """Its first invoice is of nothing: code that always sends `default_incomplete` gives trials by it, too."""
    customer, price, _ = await subscribed(shop)
    given = {"customer": customer, "items[0][price]": price, "payment_behavior": "default_incomplete"}
    trials = {"trial_period_days": "9", "trial_end": "4102444800"}

    begun = {name: (await shop.send("POST", LIST, {**given, name: value})).json() for name, value in trials.items()}
    at_once = (await shop.send("POST", LIST, {**given, "trial_end": "now"})).json()

    assert {name: made["status"] for name, made in begun.items()} == dict.fromkeys(trials, "trialing")
    assert at_once["status"] == "incomplete"


async def test_items_are_added_changed_and_ended_in_one_request(shop: Shop) -> None:
    subscriptions = shop.stripe.v1.subscriptions

    def walk() -> None:
        customer, basic, pro = shop.customer(), shop.product("email"), shop.product("sso")
        made = subscriptions.create(
            {"customer": customer, "items": [{"price": f"price_1month_{each}"} for each in (basic, pro)]}
        )
        first, second = made["items"].data
        assert shop.active(customer) == {"email", "sso"}

        changed = subscriptions.update(
            made.id,
            {
                "items": [
                    {"id": first.id, "price": f"price_1year_{pro}", "quantity": 2},
                    {"id": second.id, "deleted": True},
                    {"price": f"price_1month_{pro}"},
                ],
                "proration_behavior": "none",
                "metadata": {"moved": "yes"},
            },
        )

        shown = [(each.price.id, each.quantity) for each in changed["items"].data]
        assert shown == [(f"price_1year_{pro}", 2), (f"price_1month_{pro}", 1)]
        assert changed["items"].data[0].id == first.id
        assert shop.active(customer) == {"sso"}

    await shop.use(walk)


async def test_a_subscription_is_cancelled_now_or_later(shop: Shop) -> None:
    await shop.caller.move_to(JANUARY)
    subscriptions = shop.stripe.v1.subscriptions

    def walk() -> None:
        customer, product = shop.customer(), shop.product("sso")
        made = subscriptions.create({"customer": customer, "items": [{"price": f"price_1month_{product}"}]})
        later = subscriptions.update(made.id, {"cancel_at_period_end": True})
        assert (later.status, later.cancel_at) == ("active", at(1, 2))
        assert subscriptions.update(made.id, {"cancel_at_period_end": False}).cancel_at is None
        assert subscriptions.update(made.id, {"cancel_at": at(9)}).cancel_at == at(9)
        assert subscriptions.update(made.id, {"cancel_at": ""}).cancel_at is None
        assert shop.active(customer) == {"sso"}

        canceled = subscriptions.cancel(made.id, {"expand": ["customer"]})
        assert (canceled.status, canceled.customer) == ("canceled", shop.stripe.v1.customers.retrieve(customer))
        assert subscriptions.cancel(made.id) == subscriptions.retrieve(made.id)
        assert shop.active(customer) == set()
        listed = [
            subscriptions.list({"customer": customer}),
            subscriptions.list({"customer": customer, "status": "all"}),
        ]
        assert [[each.id for each in page] for page in listed] == [[], [made.id]]

    await shop.use(walk)


async def test_a_subscription_ends_with_its_first_period_if_it_is_made_so(shop: Shop) -> None:
    await shop.caller.move_to(JANUARY)

    def walk() -> tuple[bool, int | None]:
        price = f"price_1month_{shop.product('sso')}"
        made = shop.stripe.v1.subscriptions.create(
            {"customer": shop.customer(), "items": [{"price": price}], "cancel_at_period_end": True}
        )
        return made.cancel_at_period_end, made.cancel_at

    assert await shop.use(walk) == (True, at(1, 2))


async def test_what_has_ended_shows_the_periods_that_it_ended_in(shop: Shop) -> None:
    """Programs read them without asking whether there are any, as there always are in Stripe."""
    await shop.caller.move_to(JANUARY)

    def begin() -> tuple[str, str]:
        customer, product = shop.customer(), shop.product("sso")
        at_once, later = shop.subscribe(customer, product), shop.subscribe(customer, product)
        shop.stripe.v1.subscriptions.cancel(at_once)
        shop.stripe.v1.subscriptions.update(later, {"cancel_at": at(1, 3)})
        return at_once, later

    at_once, later = await shop.use(begin)
    await shop.caller.move_to(datetime(2030, 4, 1, tzinfo=UTC))

    def walk() -> None:
        for id_, period in ((at_once, (at(1), at(1, 2))), (later, (at(1, 2), at(1, 3)))):
            ended = shop.stripe.v1.subscriptions.retrieve(id_)
            assert ended.status == "canceled"
            [item] = ended["items"].data
            assert (item.current_period_start, item.current_period_end) == period
            assert shop.stripe.v1.subscription_items.retrieve(item.id) == item

    await shop.use(walk)


async def test_a_paused_subscription_is_resumed_with_the_periods_it_had(shop: Shop) -> None:
    await shop.caller.move_to(JANUARY)

    def begin() -> tuple[str, str]:
        customer, product = shop.customer(), shop.product("sso")
        made = shop.stripe.v1.subscriptions.create(
            {
                "customer": customer,
                "items": [{"price": f"price_1month_{product}"}],
                "trial_end": at(10),
                "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
            }
        )
        return customer, made.id

    customer, id_ = await shop.use(begin)
    await shop.caller.move_to(datetime(2030, 1, 15, tzinfo=UTC))

    def resume() -> None:
        subscriptions = shop.stripe.v1.subscriptions
        assert (subscriptions.retrieve(id_).status, shop.active(customer)) == ("paused", set())
        first, again = [subscriptions.resume(id_, None, {"idempotency_key": "k1"}) for _ in "12"]
        assert first == again
        assert (first.status, first["items"].data[0].current_period_end) == ("active", at(10, 2))
        assert shop.active(customer) == {"sso"}

    await shop.use(resume)
    one = f"{LIST}/{id_}/resume"
    assert await shop.refusal("POST", one) == (400, INVALID, None, "id")
    assert await shop.refusal("POST", one, "billing_cycle_anchor=now") == (400, INVALID, None, "billing_cycle_anchor")
    assert await shop.refusal("POST", f"{LIST}/sub_1/resume") == (404, INVALID, "resource_missing", "id")


async def subscribed(shop: Shop) -> tuple[str, str, str]:
    """A customer, a price and a subscription of that customer to it."""

    def walk() -> tuple[str, str, str]:
        customer, product = shop.customer(), shop.product("sso")
        return customer, f"price_1month_{product}", shop.subscribe(customer, product)

    return await shop.use(walk)


async def test_a_subscription_that_cannot_be_is_refused_by_parameter(shop: Shop) -> None:
    customer, price, _ = await subscribed(shop)
    by, new = f"customer={customer}", f"customer={customer}&items[0][price]={price}"
    many = "&".join(f"items[{number}][price]={price}" for number in range(101))
    wrong = {
        f"items[0][price]={price}": ("parameter_missing", "customer"),
        by: ("parameter_missing", "items"),
        f"customer=cus_1&items[0][price]={price}": ("resource_missing", "customer"),
        f"{by}&items=x": (None, "items"),
        f"{by}&items[]=x": (None, "items[0]"),
        f"{by}&items[first][price]={price}": (None, "items"),
        f"{by}&{many}": (None, "items"),
        f"{by}&items[][quantity]=1": ("parameter_missing", "items[0][price]"),
        f"{new}&items[1][price]=price_1": ("resource_missing", "items[1][price]"),
        f"{new}&items[1][price]=price_1month_prod_1": ("resource_missing", "items[1][price]"),
        f"{new}&items[0][price_data][product]=p": ("parameters_exclusive", "items[0][price]"),
        f"{new}&items[0][quantity]=-1": ("parameter_invalid_integer", "items[0][quantity]"),
        f"{new}&items[0][tax]=1": ("parameter_unknown", "items[0][tax]"),
        f"{new}&cancel_at=1": (None, "cancel_at"),
        f"{new}&cancel_at=4102444800&cancel_at_period_end=true": ("parameters_exclusive", "cancel_at_period_end"),
        f"{new}&trial_end=4102444800&trial_period_days=9": ("parameters_exclusive", "trial_period_days"),
        f"{new}&trial_end=later": ("parameter_invalid_integer", "trial_end"),
        f"{new}&backdate_start_date=253402300799": (None, "backdate_start_date"),
        f"{new}&trial_settings[end_behavior]=cancel": (None, "trial_settings[end_behavior]"),
    }

    refusals = {form: await shop.refusal("POST", LIST, form) for form in wrong}

    assert refusals == {form: (400, INVALID, *named) for form, named in wrong.items()}


async def test_a_subscription_that_cannot_be_had_or_changed_is_refused(shop: Shop) -> None:
    customer, price, subscription = await subscribed(shop)
    one = f"{LIST}/{subscription}"
    many = "&".join(f"items[{number}][price]={price}" for number in range(101))
    wrong = {
        ("POST", one, "items[0][id]=si_1&items[0][deleted]=true"): (400, "resource_missing", "items[0][id]"),
        ("POST", one, "items[0][deleted]=true"): (400, "parameter_missing", "items[0][id]"),
        ("POST", one, "trial_end=4102444800"): (400, None, "trial_end"),
        ("POST", one, many): (400, None, "items"),
        ("POST", f"{LIST}/sub_1", "metadata[a]=b"): (404, "resource_missing", "id"),
        ("GET", f"{LIST}/sub_1", ""): (404, "resource_missing", "id"),
        ("DELETE", f"{LIST}/sub_1", ""): (404, "resource_missing", "id"),
        ("GET", f"{LIST}?customer=cus_1", ""): (400, "resource_missing", "customer"),
        ("GET", f"{LIST}?customer={customer}&status=odd", ""): (400, None, "status"),
    }

    refusals = {each: await shop.refusal(*each) for each in wrong}

    assert refusals == {each: (status, INVALID, *named) for each, (status, *named) in wrong.items()}
