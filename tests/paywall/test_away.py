"""The gateway is away: what was known goes on, is called by its time, and is put right once the gateway is back."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.paywall.conftest import Demonstration
from tests.paywall.house import House, the_page
from tests.paywall.sight import Visit, visiting

SHOWING = re.compile(r"Showing what was true at \d\d:\d\d; reconnecting …")
RECONNECTS_MS = 30_000
"""No attempt to connect again is put off for longer."""


def test_a_gateway_that_stops_leaves_what_was_known_and_is_resumed_after_the_revision_seen_last(
    visit: Visit, house: House, screenshots: Path
) -> None:
    customer = house.new_customer("starter")
    visit.sign_in(customer)
    visit.go("Reports")
    expect(visit.locked("reports")).to_be_visible()
    began = house.find_customer(customer)["revision"]
    house.move(customer, "team")
    expect(visit.page.locator("figure.chart")).to_be_visible()
    visit.page.evaluate("Object.assign(window.everSeen, { locked: 0, skeleton: 0 })")
    seen_last = house.find_customer(customer)["revision"]

    with house.elsewhere():
        expect(visit.banner).to_have_text(SHOWING)
        expect(visit.banner).to_have_attribute("aria-live", "polite")
        house.move(customer, "business")
        expect(visit.page.locator("figure.chart")).to_be_visible()
        visit.page.screenshot(path=screenshots / "paywall-away.png")
        visit.go("Single sign-on")
        expect(visit.locked("sso")).to_be_visible()
    visit.reconnect()

    expect(visit.page.get_by_text("Your provider")).to_be_visible(timeout=RECONNECTS_MS)
    expect(visit.banner).to_be_empty()
    assert visit.resumed_after() == [began, seen_last]
    assert visit.ever_seen()["skeleton"] == 0


def test_a_reload_meanwhile_shows_what_was_kept_and_says_so(visit: Visit, house: House) -> None:
    visit.sign_in(house.new_customer("team"))
    visit.go("Reports")
    house.close()

    visit.page.reload()

    expect(visit.page.locator("figure.chart")).to_be_visible()
    expect(visit.banner).to_have_text(SHOWING)
    assert visit.ever_seen()["locked"] == 0
    house.open()
    visit.reconnect()
    expect(visit.banner).to_be_empty(timeout=RECONNECTS_MS)
    expect(visit.page.locator("figure.chart")).to_be_visible()


def test_what_has_a_known_end_ends_by_itself(visit: Visit, house: House) -> None:
    customer = house.new_customer("team")
    visit.sign_in(customer)
    visit.go("Single sign-on")
    ends = house.now() + timedelta(seconds=6)
    given = {"customer": {"externalId": customer}, "feature": {"lookupKey": "sso"}}
    house.do("grantEntitlement", "grant { id }", activeTo=ends.isoformat(), **given)
    expect(visit.page.get_by_text("Your provider")).to_be_visible()

    house.close(at_once=True)

    expect(visit.locked("sso")).to_be_visible(timeout=15_000)
    assert datetime.now(UTC) >= ends
    expect(visit.banner).to_have_text(SHOWING)


def test_plans_that_cannot_be_had_or_chosen_say_so_and_can_once_the_gateway_is_back(visit: Visit, house: House) -> None:
    visit.sign_in(house.new_customer("team"))
    house.close()
    visit.go("Plans")
    expect(visit.page.get_by_text("This can't be shown right now.")).to_be_visible()
    house.open()
    visit.reconnect()
    choose = visit.page.get_by_role("button", name="Choose Business")
    expect(choose).to_be_enabled(timeout=RECONNECTS_MS)
    house.close()

    choose.click()

    expect(visit.page.get_by_role("alert")).to_have_text("That didn't work. Try again in a while.")
    expect(choose).to_be_enabled()


def test_a_gateway_that_lost_its_newest_data_is_believed_all_the_same(
    browser: Browser, sandbox: House, demonstration: Demonstration, built: Path
) -> None:
    """It tells the page, which has seen later revisions, the whole set anew. The page's token is lost, too."""
    assert built.is_dir()
    with the_page(sandbox) as url, visiting(browser, url) as visit:
        visit.sign_in("raven-new")
        visit.go("Single sign-on")
        sandbox.move("raven-new", "business")
        expect(visit.page.get_by_text("Your provider")).to_be_visible()
        seen_last = sandbox.find_customer("raven-new")["revision"]

        sandbox.close(at_once=True)
        sandbox.restore(demonstration.database)
        sandbox.open()
        visit.reconnect()

        expect(visit.locked("sso")).to_be_visible(timeout=RECONNECTS_MS)
        assert visit.resumed_after()[-1] == seen_last
        assert sandbox.find_customer("raven-new")["revision"] < seen_last
