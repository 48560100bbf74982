"""Features, by Stripe's own library: unchanged but for its address."""

from stripe.entitlements import Feature

from tests.service.rest.shop import Shop, plain


async def test_a_feature_is_created_retrieved_changed_and_archived(shop: Shop) -> None:
    features = shop.stripe.v1.entitlements.features

    def walk() -> None:
        made = features.create({"name": "Single sign-on", "lookup_key": "sso", "metadata": {"team": "identity"}})
        assert made.to_dict() == {
            "id": made.id,
            "object": "entitlements.feature",
            "livemode": False,
            "name": "Single sign-on",
            "lookup_key": "sso",
            "active": True,
            "metadata": {"team": "identity"},
        }
        assert features.retrieve(made.id) == made

        changed = features.update(made.id, {"name": "SSO", "metadata": {"tier": "gold"}})
        assert (changed.name, plain(changed.metadata)) == ("SSO", {"team": "identity", "tier": "gold"})
        assert plain(features.update(made.id, {"metadata": {"team": ""}}).metadata) == {"tier": "gold"}
        assert plain(features.update(made.id, {"metadata": ""}).metadata) == {}

        archived = features.update(made.id, {"active": False, "name": "Old SSO"})
        assert (archived.active, archived.name) == (False, "Old SSO")
        assert features.update(made.id, {"active": False}) == archived

    await shop.use(walk)


async def test_an_archived_feature_is_not_changed_and_frees_its_key(shop: Shop) -> None:
    features = shop.stripe.v1.entitlements.features

    def walk() -> Feature:
        made = shop.feature("sso")
        features.update(made.id, {"active": False})
        shop.feature("sso")
        return made

    made = await shop.use(walk)

    for change in ("name=SSO", "active=true", "active=false&name=SSO"):
        refused = await shop.refusal("POST", f"/v1/entitlements/features/{made.id}", change)
        assert refused == (400, "invalid_request_error", None, "id")


async def test_active_features_are_listed_unless_archived_ones_are_asked_for(shop: Shop) -> None:
    features = shop.stripe.v1.entitlements.features

    def walk() -> list[list[str]]:
        old = shop.feature("sso")
        features.update(old.id, {"active": False})
        new, other = shop.feature("sso"), shop.feature("audit")
        asked = (
            features.list(),
            features.list({"archived": False}),
            features.list({"archived": True}),
            features.list({"lookup_key": "sso"}),
            features.list({"archived": True, "lookup_key": "audit"}),
        )
        assert {each.url for each in asked} == {"/v1/entitlements/features"}
        names = {old.id: "old", new.id: "new", other.id: "other"}
        return [[names[feature.id] for feature in each.data] for each in asked]

    assert await shop.use(walk) == [["other", "new"], ["other", "new"], ["old"], ["new"], []]


async def test_a_list_is_paged_by_ids_in_both_directions(shop: Shop) -> None:
    features = shop.stripe.v1.entitlements.features

    def walk() -> None:
        ids = [shop.feature(f"f{number}").id for number in range(5)][::-1]

        first = features.list({"limit": 2})
        assert ([each.id for each in first], first.has_more) == (ids[:2], True)
        last = features.list({"limit": 3, "starting_after": ids[1]})
        assert ([each.id for each in last], last.has_more) == (ids[2:], False)
        before = features.list({"limit": 2, "ending_before": ids[3]})
        assert ([each.id for each in before], before.has_more) == (ids[1:3], True)
        beginning = features.list({"limit": 2, "ending_before": ids[2]})
        assert ([each.id for each in beginning], beginning.has_more) == (ids[:2], False)
        assert [each.id for each in first.auto_paging_iter()] == ids

    await shop.use(walk)


async def test_a_place_in_a_list_is_found_again_when_its_feature_was_archived(shop: Shop) -> None:
    features = shop.stripe.v1.entitlements.features

    def walk() -> list[str]:
        _, last, gone, _ = [shop.feature(f"f{number}").id for number in range(4)]
        features.update(gone, {"active": False})
        assert features.list({"limit": 1, "starting_after": gone}).data[0].id == last
        return [each.lookup_key for each in features.list({"starting_after": gone})]

    assert await shop.use(walk) == ["f1", "f0"]
