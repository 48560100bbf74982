"""The first pictures: what was known last, or nothing at all, and never a locked gate before a paying customer."""

import json

import pytest
from playwright.sync_api import expect

from tests.paywall.house import House
from tests.paywall.sight import Visit

DELAY_MS = 3_000


@pytest.mark.parametrize("delay_ms", [0, DELAY_MS], ids=["at once", "after seconds"])
def test_a_reload_never_shows_a_paying_customer_a_locked_gate(visit: Visit, house: House, delay_ms: int) -> None:
    visit.sign_in(house.new_customer("team"))
    visit.go("Reports")
    let_go = visit.hold_answers()

    visit.page.reload()
    expect(visit.page.locator("figure.chart")).to_be_visible()
    # Here the time itself is what is to pass: the gateway is slow, and every frame of it is looked at.
    visit.page.wait_for_timeout(delay_ms)
    before = visit.ever_seen()
    let_go()
    visit.wait_until_live()

    seen = visit.ever_seen()
    assert (seen["locked"], seen["skeleton"]) == (0, 0)
    assert before["frames"] >= delay_ms / 100
    expect(visit.banner).to_be_empty()


def test_who_was_locked_out_and_has_paid_since_is_not_shown_the_lock_again(visit: Visit, house: House) -> None:
    """As on the way back from a checkout."""
    customer = house.new_customer("team")
    visit.sign_in(customer)
    visit.go("Single sign-on")
    expect(visit.locked("sso")).to_be_visible()
    visit.page.goto("about:blank")
    house.move(customer, "business")
    let_go = visit.hold_answers()

    visit.page.goto(f"{visit.url}#/sign-on")
    expect(visit.skeleton).to_be_visible()
    let_go()

    expect(visit.page.get_by_text("Your provider")).to_be_visible()
    assert visit.ever_seen()["locked"] == 0


def test_the_watch_over_the_pictures_sees_a_locked_gate_where_there_is_one(visit: Visit) -> None:
    visit.sign_in("zephyr-prospect")

    expect(visit.locked("projects")).to_be_visible()
    assert visit.ever_seen()["locked"] > 0


def test_a_first_visit_shows_neither_an_open_nor_a_locked_gate_until_it_is_known(visit: Visit, house: House) -> None:
    let_go = visit.hold_answers()

    visit.begin_to_sign_in(house.new_customer("team"))

    expect(visit.skeleton).to_be_visible()
    expect(visit.page.get_by_text("Harbour survey")).to_have_count(0)
    let_go()

    expect(visit.page.get_by_text("Harbour survey")).to_be_visible()
    expect(visit.skeleton).to_have_count(0)
    assert visit.ever_seen()["locked"] == 0


def test_what_was_lost_while_the_page_was_closed_is_locked_once_it_is_known(visit: Visit, house: House) -> None:
    customer = house.new_customer("team")
    visit.sign_in(customer)
    visit.go("Reports")
    visit.page.goto("about:blank")
    house.do("cancelSubscription", "subscription { id }", id=house.find_subscription(customer)["id"])

    visit.page.goto(f"{visit.url}#/reports")

    expect(visit.locked("reports")).to_contain_text("Your subscription has ended.")


@pytest.mark.parametrize("kept", ["{", json.dumps({"known": {}, "clock": {}}), json.dumps({"known": {"viewer": None}})])
def test_what_was_kept_and_cannot_be_read_is_as_good_as_nothing(visit: Visit, house: House, kept: str) -> None:
    customer = house.new_customer("team")
    visit.sign_in(customer)
    # Left first, for a page that is left keeps what it knows.
    visit.page.goto(f"{visit.url}company/customers")
    visit.page.evaluate("([name, kept]) => localStorage.setItem(name, kept)", [f"entitlements:{customer}", kept])

    visit.page.goto(visit.url)

    expect(visit.page.get_by_text("Harbour survey")).to_be_visible()
    assert visit.ever_seen()["locked"] == 0


def test_one_customers_entitlements_are_not_shown_to_the_next(visit: Visit, house: House) -> None:
    visit.sign_in(house.new_customer("team"))
    visit.page.get_by_role("button", name="Sign out").click()
    expect(visit.page.get_by_role("heading", name="Sign in as")).to_be_visible()
    kept = visit.page.evaluate("Object.keys(localStorage)")
    let_go = visit.hold_answers()

    visit.begin_to_sign_in("zephyr-prospect")

    expect(visit.skeleton).to_be_visible()
    expect(visit.page.get_by_text("Harbour survey")).to_have_count(0)
    assert kept == []
    let_go()
    expect(visit.locked("projects")).to_be_visible()
