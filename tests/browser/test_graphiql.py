"""GraphiQL as a person meets it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, WebSocket, expect

from gateway.graphiql.examples import read_examples
from tests.browser.installation import Installation
from tests.browser.visit import Scheme, Visit, visiting

pytestmark = pytest.mark.timeout(600)

WRONG = "adm_demo_this-one-opens-nothing"
# On one line: the editor would indent others, and close their brackets.
FOLLOW = (
    'subscription Follow { entitlementsChanged(customer: { externalId: "watched" }, afterRevision: 0) '
    "{ revision at added { lookupKey } removed { lookupKey endReason } } }"
)


def test_an_operation_shows_data_and_nothing_leaves_the_host(visit: Visit, installation: Installation) -> None:
    expect(visit.banner).to_contain_text("admittance keys create")

    visit.connect(installation.key)
    visit.run()

    expect(visit.answer).to_contain_text('"tundra-two-subscriptions"')
    expect(visit.page.get_by_role("status")).to_have_text("API key · demo")
    elsewhere = [request.url for request in visit.requests if not request.url.startswith((installation.url, "data:"))]
    assert elsewhere == []
    assert visit.complaints == []


def test_every_operation_has_a_tab_with_its_variables(visit: Visit) -> None:
    tabs = visit.page.get_by_role("tab")
    examples = read_examples()

    assert tabs.all_inner_texts() == [example.name for example in examples]
    assert len(examples) > 6
    for example in examples:
        visit.page.get_by_role("tab", name=example.name).click()
        for value in json.loads(example.variables or "{}"):
            expect(visit.variables).to_contain_text(f'"{value}"')
    assert visit.complaints == []


def test_without_a_credential_no_operation_leaves_the_page(visit: Visit) -> None:
    visit.run()

    expect(visit.answer).to_contain_text("Paste")
    assert [request.url for request in visit.requests if request.method == "POST"] == []


def test_what_is_run_while_a_credential_is_checked_waits_for_it(visit: Visit, installation: Installation) -> None:
    held: list[Route] = []
    visit.page.route("**/graphql", lambda route: held.append(route), times=1)  # noqa: PLW0108 - no built-in is taken
    visit.connect(installation.key)
    expect(visit.page.get_by_role("status")).to_have_text("Checking…")

    visit.run()
    expect(visit.page.get_by_role("button", name="Stop query")).to_be_visible()
    assert [request.url for request in visit.requests if request.method == "POST"] == [held[0].request.url]
    held[0].continue_()

    expect(visit.answer).to_contain_text('"tundra-two-subscriptions"')
    expect(visit.page.get_by_role("status")).to_have_text("API key · demo")
    assert visit.complaints == []


def test_a_wrong_credential_is_told_in_a_sentence(visit: Visit, screenshots: Path) -> None:
    visit.connect(WRONG)

    expect(visit.banner).to_contain_text("not valid")
    expect(visit.banner).to_have_role("alert")
    visit.run()
    expect(visit.answer).to_contain_text("valid")
    visit.page.screenshot(path=screenshots / "graphiql-refused.png")


def test_a_right_credential_after_a_wrong_one_works(visit: Visit, installation: Installation) -> None:
    visit.connect(WRONG)
    expect(visit.banner).to_have_role("alert")

    visit.connect(installation.key)
    visit.run()

    expect(visit.answer).to_contain_text('"tundra-two-subscriptions"')
    expect(visit.banner).to_have_count(0)


def test_the_credential_is_kept_nowhere_and_gone_with_the_page(visit: Visit, installation: Installation) -> None:
    visit.connect(installation.key)
    visit.run()
    expect(visit.answer).to_contain_text('"tundra-two-subscriptions"')
    visit.open_pane("History")
    expect(visit.pane).to_contain_text("CustomerPage")

    kept = visit.kept()
    visit.page.reload()

    assert "CustomerPage" in kept
    assert installation.key not in kept
    expect(visit.page.get_by_label("API key or session token")).to_have_value("")
    expect(visit.banner).to_contain_text("Paste an API key")


def test_a_forgotten_credential_takes_the_schema_with_it(visit: Visit, installation: Installation) -> None:
    visit.connect(installation.key)
    visit.open_pane("Documentation Explorer")
    expect(visit.pane).to_contain_text("EntitlementState")

    visit.page.get_by_role("button", name="Forget").click()

    expect(visit.pane).not_to_contain_text("EntitlementState")
    expect(visit.page.get_by_label("API key or session token")).to_have_value("")


def test_a_customers_session_shows_the_customer_until_it_is_revoked(visit: Visit, installation: Installation) -> None:
    customer = {"externalId": "tundra-two-subscriptions"}
    opened = installation.carry_out("createCustomerSession", "token customerSession { id }", customer=customer)
    visit.connect(opened["token"])

    expect(visit.page.get_by_role("status")).to_contain_text("Tundra Outdoor")
    expect(visit.banner).to_contain_text("No schema to show")
    visit.page.get_by_role("tab", name="SessionView").click()
    visit.run()
    expect(visit.answer).to_contain_text('"CUSTOMER_SESSION"')
    expect(visit.banner).to_have_count(0)
    installation.carry_out("revokeCustomerSession", "userErrors { code }", id=opened["customerSession"]["id"])
    visit.run()

    expect(visit.banner).to_have_role("alert")
    expect(visit.answer).to_contain_text('"UNAUTHENTICATED"')
    assert opened["token"] not in visit.kept()


def test_documentation_and_explorer_show_the_schema(
    visit: Visit, installation: Installation, screenshots: Path
) -> None:
    visit.connect(installation.key)
    visit.open_pane("Documentation Explorer")
    visit.pane.get_by_text("Query", exact=True).click()
    expect(visit.pane).to_contain_text("A customer; null if there is none, or no longer.")
    visit.page.screenshot(path=screenshots / "graphiql-documentation.png")

    visit.open_pane("GraphiQL Explorer")

    expect(visit.pane).to_contain_text("nextChangeAt")
    visit.page.screenshot(path=screenshots / "graphiql-explorer.png")
    assert visit.complaints == []


def test_a_tab_that_was_in_front_is_so_after_a_reload(visit: Visit) -> None:
    names = [example.name for example in read_examples()]
    visit.page.get_by_role("tab", name="PaywallGate").click()
    expect(visit.variables).to_contain_text('"quartz-waiting"')
    # GraphiQL keeps its tabs half a second after the last change.
    visit.page.wait_for_function(
        'kept => localStorage["graphiql:tabState"]?.includes(kept)',
        arg=f'"activeTabIndex":{names.index("PaywallGate")}',
    )

    visit.page.reload()

    expect(visit.variables).to_contain_text('"quartz-waiting"')
    expect(visit.page.get_by_role("tab")).to_have_count(len(names))


def test_an_example_opens_in_a_tab_of_its_own(visit: Visit, installation: Installation) -> None:
    visit.connect(installation.key)
    visit.open_pane("Examples")

    visit.pane.get_by_role("button", name="WhoHasFeature").click()
    visit.run()

    expect(visit.page.get_by_role("tab")).to_have_count(len(read_examples()) + 1)
    expect(visit.answer).to_contain_text('"customers"')


def test_a_subscription_shows_each_change_as_it_is_made(
    visit: Visit, installation: Installation, screenshots: Path
) -> None:
    sent: list[dict[str, object]] = []

    def hear(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(json.loads(frame)))

    visit.page.on("websocket", hear)
    customer = installation.carry_out("createCustomer", "customer { id }", externalId="watched")["customer"]
    visit.connect(installation.key)
    expect(visit.page.get_by_role("status")).to_have_text("API key · demo")
    assert sent == []

    visit.write_operation(FOLLOW)
    expect(visit.page.get_by_role("tab", name="Follow")).to_be_visible()
    visit.run()
    stop = visit.page.get_by_role("button", name="Stop query")
    expect(stop).to_be_visible()
    given = {"customer": customer, "feature": {"lookupKey": "audit-log"}}
    grant = installation.carry_out("grantEntitlement", "grant { id }", **given)["grant"]["id"]

    expect(visit.answer).to_contain_text('"added"')
    visit.page.screenshot(path=screenshots / "graphiql-subscription.png")
    installation.carry_out("revokeGrant", "userErrors { code }", grantId=grant)
    expect(visit.answer).to_contain_text('"GRANT_REVOKED"')
    stop.click()
    expect(stop).to_have_count(0)
    assert sent[0] == {"type": "connection_init", "payload": {"authorization": f"Bearer {installation.key}"}}
    assert [message["type"] for message in sent] == ["connection_init", "subscribe", "complete"]
    assert visit.complaints == []


def test_the_policy_lets_the_page_open_a_socket_to_its_own_host_alone(visit: Visit, installation: Installation) -> None:
    script = """url => new Promise((resolve) => {
        document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
        const socket = new WebSocket(url);
        for (const event of ["open", "error"]) socket.addEventListener(event, () => setTimeout(() => resolve(null)));
    })"""
    own = installation.url.replace("http", "ws") + "/graphql"

    assert visit.page.evaluate(script, own) is None
    assert visit.page.evaluate(script, "ws://127.0.0.2:9/graphql") == "connect-src"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_systems_colours_until_it_is_told_otherwise(
    browser: Browser, installation: Installation, screenshots: Path, scheme: Scheme
) -> None:
    other: Scheme = "light" if scheme == "dark" else "dark"
    with visiting(browser, installation.url, scheme) as visit:
        visit.page.screenshot(path=screenshots / f"graphiql-{scheme}-welcome.png")
        visit.connect(installation.key)
        visit.run()
        expect(visit.answer).to_contain_text('"tundra-two-subscriptions"')
        visit.page.screenshot(path=screenshots / f"graphiql-{scheme}.png")
        followed = visit.page.evaluate("getComputedStyle(document.body).colorScheme")

        visit.page.get_by_role("button", name=f"Use the {other} theme").click()

        assert followed == scheme
        assert visit.page.evaluate("getComputedStyle(document.body).colorScheme") == other
        assert visit.complaints == []
