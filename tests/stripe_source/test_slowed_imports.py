"""An import that Stripe slows down, or refuses now and then for a fault of its own, comes to its end all the same."""

import pytest

from tests.stripe_source.feeding import Fed
from tests.stripe_source.interface import do_nothing
from tests.stripe_source.paging import Refused
from tests.stripe_source.shop import Shop


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit"), (500, None)])
async def test_a_request_that_is_refused_for_now_is_asked_again(fed: Fed, status: int, code: str | None) -> None:
    shop = Shop(fed.source)
    asked = fed.source.interface.paths

    def refuse_some(path: str) -> None:
        if len(asked) in {1, 2, 6}:
            raise Refused(status, "Not now.", code=code)

    fed.source.interface.before = refuse_some

    assert await fed.run("import") == 0

    assert await shop.held(fed, shop.subscribed_at - 1, shop.subscribed_at) == [False, True]


async def test_an_import_that_cannot_go_on_fails_and_goes_on_when_it_can(
    fed: Fed, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Shop(fed.source)

    def refuse_subscriptions(path: str) -> None:
        if path == "/v1/subscriptions":
            raise Refused(403, "The key may not read subscriptions.")

    fed.source.interface.before = refuse_subscriptions
    refused = await fed.run("import")
    fed.source.interface.before = do_nothing
    asked = len(fed.source.interface.paths)

    assert (refused, await fed.run("import")) == (1, 0)
    assert await shop.held(fed, shop.subscribed_at) == [True]
    assert "/v1/products" not in fed.source.interface.paths[asked:], "it goes on where it was"
    assert "went on where an earlier one had broken off" in " ".join(capsys.readouterr().err.split())
