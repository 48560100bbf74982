"""What the pages show of the catalogue and of a customer, and what their buttons do."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.paywall.house import House
from tests.paywall.sight import Scheme, Visit, visiting

SLUGS = ("projects", "reports", "time", "sign-on", "plans", "account")
TALL = 2_400
"""Pixels that every page fits in, so that a picture shows all of it."""


def test_the_plan_page_shows_what_the_customer_has_and_what_would_unlock_the_rest(visit: Visit, house: House) -> None:
    visit.sign_in(house.new_customer("team"))
    visit.go("Plans")

    columns = visit.page.get_by_role("columnheader")
    expect(columns).to_contain_text(
        ["Feature", "You", "Starter", "Team", "Business", "Enterprise", "AI add-on", "Security add-on"]
    )
    expect(columns.filter(has_text="Team")).to_contain_text("Yours")
    held = visit.page.locator('tr[data-feature="reports"]')
    expect(held.get_by_role("cell").first).to_have_text("yes")
    expect(held.get_by_role("img", name="has it")).to_have_count(3)
    locked = visit.page.locator('tr[data-feature="sso"]')
    expect(locked.get_by_role("cell").first).to_have_text("locked")
    expect(locked.get_by_role("img", name="would unlock it")).to_have_count(3)
    # Archived: whoever has it keeps it, and nobody is offered it.
    expect(visit.page.get_by_role("rowheader", name="Export to the old format")).to_have_count(0)


def test_a_plan_that_is_theirs_is_not_offered_for_what_it_brings_later(visit: Visit) -> None:
    visit.sign_in("quartz-waiting")
    visit.go("Plans")

    row = visit.page.locator('tr[data-feature="time-tracking"]')
    expect(row.get_by_role("cell").first).to_have_text("locked")
    expect(row.get_by_role("img", name="has it")).to_have_count(1)
    expect(row.get_by_role("img", name="would unlock it")).to_have_count(2)


def test_a_plan_that_is_chosen_is_the_customers_without_a_reload(visit: Visit, house: House) -> None:
    visit.sign_in(house.new_customer("starter"))
    visit.go("Plans")

    visit.page.get_by_role("button", name="Choose Business").click()

    expect(visit.page.get_by_role("columnheader").filter(has_text="Business")).to_contain_text("Yours")
    expect(visit.page.locator('tr[data-feature="sso"]').get_by_role("cell").first).to_have_text("yes")
    visit.go("Single sign-on")
    expect(visit.page.get_by_text("Your provider")).to_be_visible()


def test_an_add_on_is_had_beside_the_plan_and_can_be_taken_back(visit: Visit, house: House) -> None:
    visit.sign_in(house.new_customer("team"))
    visit.go("Plans")
    columns = visit.page.get_by_role("columnheader")
    held = visit.page.locator('tr[data-feature="sso"]').get_by_role("cell").first

    visit.page.get_by_role("button", name="Add Security add-on").click()
    expect(columns.filter(has_text="Security add-on")).to_contain_text("Yours")
    expect(columns.filter(has_text="Team")).to_contain_text("Yours")
    expect(visit.page.get_by_role("status").get_by_text("You have Team and Security add-on.")).to_be_visible()
    expect(held).to_have_text("yes")
    visit.page.get_by_role("button", name="Remove Security add-on").click()

    expect(columns.filter(has_text="Security add-on")).not_to_contain_text("Yours")
    expect(columns.filter(has_text="Team")).to_contain_text("Yours")
    expect(held).to_have_text("locked")


def test_a_plan_and_an_add_on_with_subscriptions_of_their_own_are_changed_each_by_itself(
    visit: Visit, house: House
) -> None:
    customer = house.new_customer("starter")
    items = [{"product": {"lookupKey": "security-add-on"}}]
    house.do("createSubscription", "subscription { id }", customer={"externalId": customer}, items=items)
    visit.sign_in(customer)
    visit.go("Account")
    expect(visit.page.get_by_role("button", name="Cancel at the end of the period")).to_have_count(2)
    visit.go("Plans")
    columns = visit.page.get_by_role("columnheader")

    visit.page.get_by_role("button", name="Choose Team").click()
    expect(columns.filter(has_text="Team")).to_contain_text("Yours")
    expect(columns.filter(has_text="Security add-on")).to_contain_text("Yours")
    visit.page.get_by_role("button", name="Remove Security add-on").click()

    expect(columns.filter(has_text="Security add-on")).not_to_contain_text("Yours")
    expect(columns.filter(has_text="Team")).to_contain_text("Yours")


def test_what_is_new_in_the_catalogue_is_shown_by_a_page_built_before(visit: Visit, house: House) -> None:
    house.do("createFeature", "feature { id }", lookupKey="whiteboards", name="Whiteboards")
    attached = {"feature": {"lookupKey": "whiteboards"}, "product": {"lookupKey": "enterprise"}}
    house.do("attachFeature", "productFeature { id }", **attached)
    visit.sign_in(house.new_customer("team"))

    visit.go("Plans")

    row = visit.page.get_by_role("row").filter(has=visit.page.get_by_role("rowheader", name="Whiteboards"))
    expect(row.get_by_role("cell").first).to_have_text("locked")
    expect(row.get_by_role("img", name="would unlock it")).to_have_count(1)


def test_a_cancellation_is_shown_with_its_end_and_can_be_taken_back(visit: Visit, house: House) -> None:
    customer = house.new_customer("team")
    visit.sign_in(customer)
    visit.go("Account")
    ends = house.find_subscription(customer)["currentPeriodEnd"]
    shown = visit.page.evaluate("(end) => new Date(end).toLocaleDateString('en-GB', { dateStyle: 'long' })", ends)
    rows = visit.page.get_by_role("row").filter(has=visit.page.get_by_role("rowheader", name="Boards", exact=True))
    expect(rows).to_contain_text("since")

    visit.page.get_by_role("button", name="Cancel at the end of the period").click()
    expect(visit.page.get_by_text(f"Cancelled. It is yours until {shown}.")).to_be_visible()
    expect(rows).to_contain_text(f"until {shown}")
    visit.page.get_by_role("button", name="Keep it after all").click()

    expect(visit.page.get_by_text("Goes on from period to period")).to_be_visible()
    expect(rows).to_contain_text("since")


def test_the_account_says_why_there_is_access_and_why_there_is_none(visit: Visit, house: House) -> None:
    given = {"customer": {"externalId": "grove-unpaid"}, "feature": {"lookupKey": "sla"}}
    ends = (house.now() + timedelta(days=3)).isoformat()
    house.do("grantEntitlement", "grant { id }", activeTo=ends, reason="For your patience", **given)
    visit.sign_in("grove-unpaid")
    visit.go("Account")

    expect(visit.page.get_by_text("It wasn't paid")).to_be_visible()
    expect(visit.page.get_by_role("row").filter(has_text="Service level agreement")).to_contain_text(
        "For your patience"
    )
    visit.go("Projects")
    expect(visit.locked("projects")).to_contain_text("Your subscription is paused, or waits for a payment.")


def test_a_gate_names_every_plan_that_would_open_it_the_smallest_first(visit: Visit) -> None:
    visit.sign_in("zephyr-prospect")

    expect(visit.locked("projects")).to_contain_text("It comes with Starter, Team, Business or Enterprise.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_stands_in_light_and_in_the_dark(
    browser: Browser, url: str, screenshots: Path, scheme: Scheme
) -> None:
    with visiting(browser, url, scheme, height=TALL) as visit:
        expect(visit.page.get_by_role("button", name="Quartz")).to_be_visible()
        visit.page.screenshot(path=screenshots / f"paywall-{scheme}-sign-in.png")
        visit.sign_in("quartz-waiting")
        for slug in SLUGS:
            visit.page.goto(f"{url}#/{slug}")
            expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
            expect(visit.page.get_by_role("status", name="Loading")).to_have_count(0)
            visit.page.screenshot(path=screenshots / f"paywall-{scheme}-{slug}.png")
        assert visit.complaints == []


def test_every_page_fits_a_phone(browser: Browser, url: str, house: House, screenshots: Path) -> None:
    assert house.is_open
    # The page itself, or a cell of a table that reaches into the next.
    too_wide = "[...document.querySelectorAll('html, th, td')].some(each => each.scrollWidth > each.clientWidth)"
    with visiting(browser, url, width=390, height=TALL) as visit:
        assert not visit.page.evaluate(too_wide)
        visit.sign_in("quartz-waiting")

        for slug in SLUGS:
            visit.page.goto(f"{visit.url}#/{slug}")
            expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
            expect(visit.page.get_by_role("status", name="Loading")).to_have_count(0)
            visit.page.screenshot(path=screenshots / f"paywall-phone-{slug}.png")
            assert not visit.page.evaluate(too_wide), slug
            assert visit.page.evaluate("document.documentElement.scrollHeight") == TALL, slug
