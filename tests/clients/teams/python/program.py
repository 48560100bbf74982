# ruff: noqa: INP001, T201 - a client team's program, which prints what it saw
# pyright: basic, reportMissingImports=false
# The client is generated where this is copied to, and mypy checks both there.
"""What a team does with the generated client: it asks, changes, follows, and meets a gateway newer than itself."""

import asyncio
import json
import os
from datetime import UTC, datetime
from typing import Any

from admittance_client import AttachFeatureInput, Client, CreateFeatureInput, CustomerBy, FeatureBy, ProductBy
from admittance_client.async_base_client import Response

URL = os.environ["ADMITTANCE_URL"]
AUTHORIZATION = {"Authorization": f"Bearer {os.environ['ADMITTANCE_KEY']}"}


class Older(Client):
    """A client that was made before the gateway had this reason, this code and this type."""

    def get_data(self, response: Response) -> dict[str, Any]:
        answer = json.dumps(super().get_data(response))
        for old, new in {"NOT_ENTITLED": "ON_HOLD", "TAKEN": "RESERVED", '"Feature"': '"Bundle"'}.items():
            answer = answer.replace(old, new)
        data: dict[str, Any] = json.loads(answer)
        return data


async def main() -> None:
    acme = CustomerBy(externalId="acme-trialing")
    feature = CreateFeatureInput(lookupKey="sso", name="Single sign-on")
    attachment = AttachFeatureInput(feature=FeatureBy(lookupKey="sso"), product=ProductBy(lookupKey="business"))
    socket = URL.replace("http", "ws", 1)
    async with Client(URL, AUTHORIZATION, ws_url=socket, ws_connection_init_payload=AUTHORIZATION) as client:
        history = await client.entitlement_history(acme, datetime(2020, 1, 1, tzinfo=UTC))
        refused = await client.catalogue_admin(feature, attachment)
        change = await anext(client.entitlements_changed(acme, 0))
    async with Older(URL, AUTHORIZATION) as older:
        gate = await older.paywall_gate(CustomerBy(externalId="zephyr-prospect"), ["projects"])
        reserved = await older.catalogue_admin(feature, attachment)

    assert refused.create_feature is not None
    assert reserved.create_feature is not None
    assert history.customer is not None
    assert history.customer.then is not None
    assert gate.customer is not None
    assert gate.customer.access is not None
    errors = reserved.create_feature.user_errors
    print(
        json.dumps(
            {
                "then": history.customer.then.total_count,
                "refused": [error.code.value for error in refused.create_feature.user_errors],
                "revision": change.entitlements_changed.revision,
                "reason": gate.customer.access[0].reason.value,
                "reserved": [error.code.value for error in errors],
                "existing": [error.existing.typename__ for error in errors if error.existing],
            }
        )
    )


asyncio.run(main())
