"""A Stripe account, read page by page through the official library."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import ValidationError

from gateway.console import CommandFailed
from gateway.setting_groups import StripeSettings
from gateway.stripe_source.shapes import Shape
from gateway.stripe_source.telling import NotUnderstood
from storage.pauses import growing_pauses

if TYPE_CHECKING:
    from stripe import StripeClient

T = TypeVar("T", bound=Shape)
F = TypeVar("F")
G = TypeVar("G")

PAGE = 100
"""The most that Stripe lists at once."""

RETRIES = 5
"""How often the library tries again what failed for no fault of the request, with growing pauses."""

TIMES_LIMITED = 8
"""How often a request is put off that Stripe refuses as one too many: the last pause is of half a minute."""

_QUOTED = 200
"""Characters of an answer that a message repeats at the most."""

MISSING = "The Stripe library isn't installed: install Admittance with the extra `stripe`, as in `admittance[stripe]`."


class Account:
    """An open account. `read_at`: the instant of its latest answer by Stripe's clock.

    `not_understood` is what was passed over, a sentence for each: one odd object must not keep out all others.
    """

    def __init__(self, client: "StripeClient", address: str | None) -> None:
        self._client = client
        self._address = address or "https://api.stripe.com"
        self.read_at = datetime.now(UTC).replace(microsecond=0)
        self.not_understood: list[str] = []

    async def look(self) -> datetime:
        """Whether it answers at all; the instant by its clock."""
        await self._ask("/v1/events", {"limit": 1})
        return self.read_at

    async def find(self, path: str, shape: type[T]) -> T | None:
        """One object; None if there is none. Raises: NotUnderstood."""
        answer = await self._ask(path, {}, may_miss=True)
        return None if answer is None else _read(shape, answer)

    async def pages(
        self, path: str, shape: type[T], *, after: str | None = None, **filters: object
    ) -> AsyncGenerator[tuple[datetime, list[T]]]:
        """All objects of a list from one of them on, page by page, each with an instant before it was asked for."""
        async for asked_at, data in self._pages(path, after, filters):
            yield asked_at, self.understood(lambda each: _read(shape, each), data)

    async def whole(self, path: str, shape: type[T], **filters: object) -> list[T]:
        """A list that tells what an object has, and so what it hasn't. Raises: NotUnderstood, if any can't be read."""
        return [_read(shape, each) async for _, data in self._pages(path, None, filters) for each in data]

    async def attempt(self, reading: Awaitable[G]) -> G | None:
        """What is read; None if it can't be."""
        try:
            return await reading
        except NotUnderstood as error:
            self.not_understood.append(str(error))
            return None

    def understood(self, read: Callable[[F], G | None], given: Iterable[F]) -> list[G]:
        """What is read of each, but for what can't be, and for what is None."""
        found: list[G] = []
        for each in given:
            try:
                value = read(each)
            except NotUnderstood as error:
                self.not_understood.append(str(error))
                continue
            if value is not None:
                found.append(value)
        return found

    async def _pages(
        self, path: str, after: str | None, filters: Mapping[str, object]
    ) -> AsyncGenerator[tuple[datetime, list[Any]]]:
        while True:
            asked_at = self.read_at
            parameters = {"limit": PAGE, **filters, **({"starting_after": after} if after else {})}
            answer = await self._ask(path, parameters) or {}
            data = cast("list[Any]", answer.get("data", []))
            yield asked_at, data
            if not answer.get("has_more") or not data:
                return
            after = data[-1]["id"]

    async def _ask(
        self, path: str, parameters: Mapping[str, object], *, may_miss: bool = False
    ) -> Mapping[str, Any] | None:
        """What is answered; None if there is no such object and it `may_miss`. Raises: CommandFailed."""
        from stripe import RateLimitError, StripeError  # noqa: PLC0415 - an extra

        pauses = growing_pauses(first_seconds=0.25, longest_seconds=30)
        for left in reversed(range(TIMES_LIMITED)):
            try:
                return await asyncio.to_thread(self._request, path, parameters)
            except RateLimitError as error:
                # The library takes this for an answer like any other.
                if not left:
                    raise self._refused(error) from error
                await asyncio.sleep(next(pauses))
            except StripeError as error:
                if may_miss and error.http_status == 404:
                    return None
                raise self._refused(error) from error
        raise AssertionError("the last one answers or raises")

    def _request(self, path: str, parameters: Mapping[str, object]) -> Mapping[str, Any]:
        # The library leaves the types of parameters open.
        answer = self._client.raw_request("get", path, **parameters)  # pyright: ignore[reportUnknownMemberType]
        date = answer.headers.get("Date")
        if date:
            self.read_at = parsedate_to_datetime(date).astimezone(UTC)
        data: Any = answer.data
        if not isinstance(data, dict):
            raise CommandFailed(f"{self._address} doesn't answer as Stripe does; see ADMITTANCE_STRIPE_API_BASE.")
        return cast("dict[str, Any]", data)

    def _refused(self, error: Exception) -> CommandFailed:
        """A sentence for what went wrong; it never holds the key."""
        from stripe import APIConnectionError, AuthenticationError, PermissionError, RateLimitError  # noqa: A004, PLC0415

        match error:
            case AuthenticationError():
                return CommandFailed("Stripe doesn't know the key: see ADMITTANCE_STRIPE_API_KEY.")
            case PermissionError():
                return CommandFailed(
                    "Stripe's key may not read all that is needed: give it read access to customers, products, "
                    "subscriptions, entitlements and events."
                )
            case RateLimitError():
                return CommandFailed(
                    "Stripe refuses any more requests for now. Run it again later: it goes on from here."
                )
            case APIConnectionError():
                return CommandFailed(
                    f"Stripe can't be reached at {self._address}: see the network, and ADMITTANCE_STRIPE_API_BASE."
                )
            case _:
                return CommandFailed(f"{self._address} refuses a request: {str(error)[:_QUOTED]}")


def open_account(settings: StripeSettings) -> Account:
    """The account that the settings name. Raises: CommandFailed, if they name none or the library isn't there."""
    try:
        from stripe import RequestsClient, StripeClient  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise CommandFailed(MISSING) from error
    if settings.stripe_api_key is None:
        raise CommandFailed(
            "There is no key for Stripe. Set ADMITTANCE_STRIPE_API_KEY; a restricted one that reads is enough."
        )
    address = settings.stripe_api_base.rstrip("/")
    client = StripeClient(
        settings.stripe_api_key.get_secret_value(),
        base_addresses={"api": address} if address else None,
        max_network_retries=RETRIES,
        http_client=RequestsClient(timeout=30),
    )
    return Account(client, address)


def _read(shape: type[T], given: object) -> T:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        id_ = cast("dict[str, Any]", given).get("id") if isinstance(given, dict) else None
        place = ".".join(map(str, first["loc"]))
        raise NotUnderstood(f"{shape.__name__} {id_} can't be read: {place}: {first['msg']}") from error
