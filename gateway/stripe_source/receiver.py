"""Where Stripe's webhooks arrive: `POST /stripe/webhook`."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.errors import log_surprise
from gateway.http.body import read_body
from gateway.http.request import HttpRequest
from gateway.refusals import BadRequest, bad_request, internal, unavailable
from gateway.settings import Settings, SettingsInvalid
from gateway.stripe_source.account import open_account
from gateway.stripe_source.catalogue import take_catalogue
from gateway.stripe_source.customers import take_customers
from gateway.stripe_source.kinds import PRODUCT_KIND, SUBSCRIPTION_KIND
from gateway.stripe_source.news import news
from gateway.stripe_source.reaching import SUMMARY_UPDATED, refresh_reached
from gateway.stripe_source.refreshing import refresh_products
from gateway.stripe_source.shapes import StripeEvent
from gateway.stripe_source.source import SOURCE
from gateway.stripe_source.telling import NotUnderstood, told
from storage.database import Database
from storage.environments import find_environment
from storage.errors import DatabaseUnavailable
from storage.observations import note_source

PATH = "/stripe/webhook"

TOLERANCE_SECONDS = 300
"""How old a signature may be: Stripe signs anew for each attempt."""

log = logging.getLogger("admittance.stripe")


class WrongSignature(Exception):
    """A body that none of the secrets signed, or that was signed too long ago."""


def stripe_routes(settings: Settings, database: Database) -> list[BaseRoute]:
    """The receiver; nothing without a secret. Raises: SettingsInvalid, if the library isn't installed."""
    if settings.stripe_webhook_secret is None:
        return []
    secrets = [each.strip() for each in settings.stripe_webhook_secret.get_secret_value().split(",") if each.strip()]
    receiver = _Receiver(database, settings, _verifier(secrets))
    return [Route(PATH, receiver.answer, methods=["POST"])]


class _Receiver:
    """Takes one event after another. What it answers decides whether Stripe sends it again."""

    def __init__(self, database: Database, settings: Settings, verify: Callable[[str, str], None]) -> None:
        self._database = database
        self._settings = settings
        self._verify = verify

    async def answer(self, request: Request) -> Response:
        """200 for what was taken or isn't needed, 400 for what isn't Stripe's, 503 for what is to come again."""
        try:
            body = await read_body(HttpRequest.of(request.scope, request.receive), self._settings.max_body_bytes)
            text = body.decode()
            self._verify(text, request.headers.get("stripe-signature", ""))
            await self._take(StripeEvent.model_validate_json(text))
        except BadRequest as error:
            return bad_request(error)
        except ClientDisconnect:
            return Response(status_code=400)
        except WrongSignature:
            return bad_request(BadRequest("The signature is none of this endpoint's secrets', or too old."))
        except (UnicodeDecodeError, ValidationError):
            return bad_request(BadRequest("The body is no event of Stripe's."))
        except NotUnderstood as error:
            log.warning("an event of Stripe's was refused: %s", error)
            return bad_request(BadRequest(str(error)))
        except DatabaseUnavailable as error:
            return unavailable(error)
        except Exception as error:  # noqa: BLE001 - the ASGI edge: the last place that can answer instead of breaking off
            return internal(log_surprise(error, PATH))
        return JSONResponse({"received": True})

    async def _take(self, event: StripeEvent) -> None:
        environment = await find_environment(self._database, self._settings.stripe_environment)
        if environment is None:
            # It is not the event's fault, and it may be made in time for the next attempt.
            log.error('there is no environment "%s" for what Stripe tells', self._settings.stripe_environment)
            raise DatabaseUnavailable("there is no environment of the name in the setting stripe_environment")
        observed = told(event)
        if event.livemode != environment.livemode:
            return
        if event.type == SUMMARY_UPDATED and self._settings.stripe_api_key is not None:
            await refresh_reached(open_account(self._settings), self._database, environment.id, event)
        if observed is None:
            return
        if environment.source is None:
            await note_source(self._database, environment.id, SOURCE)
        fresh = await news(self._database, environment.id, [observed])
        take = take_catalogue if observed.kind == PRODUCT_KIND else take_customers
        await take(self._database, environment.id, fresh)
        if fresh and observed.kind == SUBSCRIPTION_KIND and self._settings.stripe_api_key is not None:
            # One for each event: what it remembers is when it was last answered.
            account = open_account(self._settings)
            await refresh_products(account, self._database, environment.id, event, observed)


def _verifier(secrets: Sequence[str]) -> Callable[[str, str], None]:
    try:
        from stripe import SignatureVerificationError, WebhookSignature  # noqa: PLC0415 - an extra
    except ImportError:
        message = "The setting `stripe_webhook_secret` needs the extra `stripe`: install `admittance[stripe]`."
        raise SettingsInvalid([message]) from None
    # The library leaves the type of the tolerance open, which is in seconds.
    untyped: Any = WebhookSignature
    verify_header: Callable[[str, str, str, int], bool] = untyped.verify_header

    def verify(text: str, header: str) -> None:
        """Raises: WrongSignature."""
        for secret in secrets:
            try:
                verify_header(text, header, secret, TOLERANCE_SECONDS)
            except SignatureVerificationError:
                continue
            return
        raise WrongSignature

    return verify
