"""What docs/stripe-source.md tells people to do works, and what is missing is told in a sentence."""

import json
import sys
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.pages import blocks, commands
from tests.service.conftest import Command
from tests.stripe_source.paging import Refused
from tests.stripe_source.stand_in import KEY, StandIn

PAGE = "docs/stripe-source.md"
NEW_YEAR = 1_767_225_600


@pytest.fixture
def source() -> Generator[StandIn]:
    made = StandIn(NEW_YEAR)
    books = made.books
    product = books.new_product("Team")
    books.attach(product, books.new_feature("sso"))
    made.billing.subscribe(books.new_customer("it@acme.test"), [(books.new_price(product), 1)])
    with made.open():
        yield made


@pytest.fixture(autouse=True)
def connected(admittance: Command, source: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert admittance("migrate") == 0
    monkeypatch.setenv("ADMITTANCE_STRIPE_API_KEY", KEY)
    monkeypatch.setenv("ADMITTANCE_STRIPE_API_BASE", source.url)


def test_the_commands_take_over_and_find_nothing_to_mend(
    admittance: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    import_, reconcile = (command[1:] for command in commands(PAGE))
    capsys.readouterr()

    assert admittance(*import_) == 0
    assert (
        "Read 1 features, 1 products, 3 new events, 1 customers, 1 subscriptions; 5 were new or otherwise here."
        in capsys.readouterr().err
    )
    assert admittance(*reconcile) == 0
    assert capsys.readouterr().out == "Nothing was otherwise.\n"


def test_the_settings_are_ones_that_there_are() -> None:
    [shown] = blocks(PAGE, "toml")

    assert Settings(**tomllib.loads(shown)).stripe_environment == "live"


def test_without_the_library_it_says_what_to_install(
    admittance: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "stripe", None)

    assert admittance("stripe", "import") == 1

    assert "admittance[stripe]" in capsys.readouterr().err


def test_requests_that_are_too_many_are_put_off(
    admittance: Command, source: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    refused: list[str] = []

    def refuse_now_and_then(path: str) -> None:
        if path not in refused:
            refused.append(path)
            raise Refused(429, "Too many requests.", code="rate_limit")

    source.interface.before = refuse_now_and_then

    assert admittance("stripe", "import") == 0

    assert len(refused) > 4
    assert "1 subscriptions" in capsys.readouterr().err


def test_a_feature_of_ones_own_with_the_same_key_is_named(
    admittance: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.yaml").write_text("features:\n  sso: {name: Own}\n")
    assert admittance("catalog", "apply", "own.yaml") == 0

    assert admittance("stripe", "import") == 1

    error = " ".join(capsys.readouterr().err.split())
    assert 'has the lookup key "sso"' in error
    assert "an environment of its own" in error


def test_what_cannot_be_read_is_named_and_keeps_nothing_else_out(
    admittance: Command, source: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    books = source.books
    [price] = books.prices
    odd = source.billing.subscribe(books.new_customer("odd@acme.test"), [(price, 1)])
    books.subscriptions[odd] = {**books.subscriptions[odd], "status": "floating"}

    assert admittance("stripe", "import") == 1

    said = capsys.readouterr().err
    assert "2 customers" in said
    assert f"The subscription {odd} can't be read: 'FLOATING' is not a valid SubscriptionStatus" in said


def test_what_was_lost_is_reported(admittance: Command, source: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert admittance("stripe", "import") == 0
    [subscription] = source.books.subscriptions
    source.billing.advance_to(NEW_YEAR + 3600)
    source.billing.set_status(subscription, "unpaid")
    capsys.readouterr()

    assert admittance("stripe", "reconcile", "--json") == 0

    [report] = json.loads(capsys.readouterr().out)["mended"]
    assert report == {"kind": "subscription", "id": subscription, "how": "status: ACTIVE instead of UNPAID"}


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ADMITTANCE_STRIPE_API_KEY", "", "There is no key for Stripe."),
        ("ADMITTANCE_STRIPE_API_KEY", "wrong", "Stripe doesn't know the key"),
        ("ADMITTANCE_STRIPE_API_BASE", "http://127.0.0.1:9", "Stripe can't be reached at http://127.0.0.1:9"),
        ("ADMITTANCE_STRIPE_ENVIRONMENT", "nowhere", 'There is no environment named "nowhere"'),
        ("ADMITTANCE_STRIPE_ENVIRONMENT", "live", "The key is of Stripe's test mode"),
    ],
)
def test_what_is_missing_is_told(
    admittance: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("gateway.stripe_source.account.RETRIES", 0)

    code = admittance("stripe", "import")

    assert code == 1
    error = " ".join(capsys.readouterr().err.split())
    assert said in error
    assert KEY not in error
