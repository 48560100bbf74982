"""Who is signed in, and what a browser gets to know."""

from pathlib import Path

from playwright.sync_api import Browser, Request, expect

from tests.paywall.house import House
from tests.paywall.sight import Visit, visiting


def revoke_session(house: House, customer: str, visit: Visit) -> None:
    """The one by which the page asks. Open connections notice within five seconds."""
    kept = visit.page.evaluate("customer => JSON.parse(localStorage[`entitlements:${customer}`])", customer)
    house.do("revokeCustomerSession", "customerSession { id }", id=kept["known"]["viewer"]["id"])


def test_a_session_that_has_ended_says_so_and_shows_nothing_more(visit: Visit, house: House, screenshots: Path) -> None:
    customer = house.new_customer("team")
    visit.sign_in(customer)
    visit.go("Reports")
    expect(visit.page.locator("figure.chart")).to_be_visible()

    # The company's sign-in first, or it would open another session.
    visit.page.context.clear_cookies()
    revoke_session(house, customer, visit)

    expect(visit.page.get_by_role("alert")).to_have_text(
        "Your session has ended. Sign in again to go on.", timeout=10_000
    )
    expect(visit.page.locator("figure.chart")).to_have_count(0)
    assert visit.page.evaluate("Object.keys(localStorage)") == []
    visit.page.screenshot(path=screenshots / "paywall-session-ended.png")
    visit.sign_in(customer)
    expect(visit.page.locator("figure.chart")).to_be_visible()


def test_a_token_that_is_taken_back_is_replaced_unseen_while_the_company_lets_the_customer_in(
    visit: Visit, house: House
) -> None:
    customer = house.new_customer("team")
    visit.sign_in(customer)
    visit.go("Reports")
    revoke_session(house, customer, visit)
    visit.wait_until_live(more_often_than=1)

    house.move(customer, "starter")

    expect(visit.locked("reports")).to_be_visible()
    expect(visit.banner).to_be_empty()
    assert len(set(visit.tokens())) == 2


def test_who_signs_in_as_somebody_else_in_one_window_does_so_in_all(visit: Visit, house: House) -> None:
    visit.sign_in(house.new_customer("business"))
    visit.go("Single sign-on")
    expect(visit.page.get_by_text("Your provider")).to_be_visible()
    other = Visit(visit.page.context.new_page(), visit.url)
    other.page.goto(visit.url)
    expect(other.page.get_by_text("Harbour survey")).to_be_visible()

    other.page.get_by_role("button", name="Sign out").click()
    expect(visit.page.get_by_role("heading", name="Sign in as")).to_be_visible()
    other.begin_to_sign_in(house.new_customer("starter"))

    expect(visit.locked("sso")).to_be_visible()


def test_a_page_whose_browser_has_somebody_elses_sign_in_by_now_shows_neither(visit: Visit, house: House) -> None:
    customer = house.new_customer("starter")
    visit.sign_in(customer)
    visit.go("Single sign-on")
    expect(visit.locked("sso")).to_be_visible()
    other = {"customer": house.new_customer("business")}
    assert visit.page.context.request.post(f"{visit.url}company/sign-in", data=other).ok

    revoke_session(house, customer, visit)

    expect(visit.page.get_by_role("alert")).to_contain_text("Your session has ended.", timeout=10_000)
    expect(visit.page.get_by_text("Your provider")).to_have_count(0)


def test_the_companys_key_reaches_no_browser(browser: Browser, url: str, house: House, built: Path) -> None:
    with visiting(browser, url) as visit:
        answers: list[str] = []

        def read(request: Request) -> None:
            response = request.response()
            answers.append(response.text() if response is not None and response.status == 200 else "")

        visit.page.on("requestfinished", read)
        visit.sign_in(house.new_customer("team"))
        for page in ("Plans", "Account", "Single sign-on"):
            visit.go(page)
            expect(visit.page.get_by_role("main").get_by_role("heading").first).to_be_visible()

        kept = visit.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")

    everything = "".join([*answers, kept, *(file.read_text() for file in built.rglob("*") if file.is_file())])
    assert "Harbour survey" in everything
    assert house.key not in everything
    # The session's token is held by the page alone, for as long as it is open.
    [token] = {token.removeprefix("Bearer ") for token in visit.tokens()}
    assert token in everything
    assert token not in kept
