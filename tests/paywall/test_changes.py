"""What changes elsewhere changes the page, in place and at once."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.paywall.house import House, the_page
from tests.paywall.sight import Visit, visiting

Report = Callable[[str, float], None]


def test_an_upgrade_made_elsewhere_opens_a_gate_within_a_second_without_a_reload(
    visit: Visit, house: House, report: Report, screenshots: Path
) -> None:
    customer = house.new_customer("team")
    visit.sign_in(customer)
    visit.go("Single sign-on")
    expect(visit.locked("sso")).to_contain_text("It comes with Business, Enterprise or Security add-on.")
    visit.page.screenshot(path=screenshots / "paywall-locked.png")
    visit.page.evaluate("window.isTheSame = true")

    began = time.monotonic()
    house.move(customer, "business")
    visit.page.wait_for_selector("text=Your provider")
    seconds = time.monotonic() - began

    report("from an upgrade being sent to its gate standing open", seconds)
    assert seconds < 1
    expect(visit.locked("sso")).to_have_count(0)
    assert visit.page.evaluate("window.isTheSame") is True
    assert visit.complaints == []
    visit.page.screenshot(path=screenshots / "paywall-open.png")


def test_a_cancellation_at_period_end_closes_a_gate_when_the_clock_passes_the_end(
    browser: Browser, sandbox: House, built: Path, report: Report
) -> None:
    assert built.is_dir()
    customer = sandbox.new_customer("team")
    soon = sandbox.now() + timedelta(minutes=1)
    clock = sandbox.do("createTestClock", "testClock { id }", frozenTime=soon.isoformat())["testClock"]["id"]
    subscription = sandbox.find_subscription(customer)
    with the_page(sandbox) as url, visiting(browser, url) as visit:
        visit.sign_in(customer)
        visit.go("Reports")
        sandbox.do("cancelSubscription", "subscription { id }", id=subscription["id"], atPeriodEnd=True)
        # Once the page has heard of it, for only then is it the clock that closes the gate.
        visit.go("Plans")
        expect(visit.page.locator('tr[data-feature="reports"]').get_by_role("cell").first).to_contain_text("until")
        visit.go("Reports")
        expect(visit.page.locator("figure.chart")).to_be_visible()

        began = time.monotonic()
        sandbox.do("advanceTestClock", "testClock { status }", id=clock, frozenTime=subscription["currentPeriodEnd"])
        visit.page.wait_for_selector("[data-locked=reports]")
        seconds = time.monotonic() - began

        report("from the clock being moved to the end to the gate being closed", seconds)
        assert seconds < 1
        expect(visit.locked("reports")).to_contain_text("Your subscription has ended.")
        assert visit.complaints == []
