"""Customers, by Stripe's own library."""

import pytest
import stripe

from tests.service.rest.shop import Shop


async def test_a_customer_is_created_retrieved_changed_listed_and_deleted(shop: Shop) -> None:
    customers = shop.stripe.v1.customers

    def walk() -> None:
        made = customers.create({"name": "Acme", "email": "it@acme.test", "metadata": {"plan": "a"}})
        assert made.to_dict() == {
            "id": made.id,
            "object": "customer",
            "created": made.created,
            "email": "it@acme.test",
            "livemode": False,
            "metadata": {"plan": "a"},
            "name": "Acme",
        }
        changed = customers.update(made.id, {"name": "", "metadata": ""})
        assert (changed.name, changed.email) == (None, "it@acme.test")
        assert customers.retrieve(made.id) == changed
        other = customers.create()
        assert [each.id for each in customers.list()] == [other.id, made.id]
        assert [each.id for each in customers.list({"email": "it@acme.test"})] == [made.id]
        assert customers.delete(made.id).to_dict() == {"id": made.id, "object": "customer", "deleted": True}
        with pytest.raises(stripe.InvalidRequestError) as missing:
            customers.retrieve(made.id)
        assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")

    await shop.use(walk)


async def test_a_thousand_objects_are_paged_through(shop: Shop) -> None:
    """As many as there are, each once, newest first."""
    for number in range(250):
        document = " ".join(f"c{n}: createCustomer(input: {{}}) {{ customer {{ id }} }}" for n in range(4))
        await shop.caller.ask(f"mutation M{number} {{ {document} }}")

    ids = await shop.use(lambda: [each.id for each in shop.stripe.v1.customers.list({"limit": 100}).auto_paging_iter()])

    assert len(ids) == len(set(ids)) == 1_000
    assert ids == sorted(ids, reverse=True)
