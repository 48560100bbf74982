"""The comparison with the oracle is worth something: it notices mistakes that are easily made."""

import pytest
from hypothesis import Phase, given, settings

from tests.rules.comparison import canonical
from tests.rules.confluences import confluences
from tests.rules.histories import reproducible, worlds
from tests.rules.mistakes import Mistake, Rule, rule_with
from tests.rules.oracle import expected
from tests.rules.world import World

MISTAKES = (
    Mistake(
        "a boundary off by one",
        "entitlements.periods",
        right="return found if found == at else boundary(anchor, interval, n + 1)",
        wrong="return boundary(anchor, interval, n + 1)",
    ),
    Mistake(
        "months chained, each clamped by the one before",
        "entitlements.periods",
        right="day=min(anchor.day, monthrange(year, month)[1])",
        wrong="day=min(_nth(anchor, interval, n - 1).day if n else anchor.day, monthrange(year, month)[1])",
    ),
    Mistake(
        "a detach for new subscriptions only ignored",
        "entitlements.snapshots",
        right="attached, detached = attachment.attached_at, attachment.detached_at",
        wrong=(
            "attached, detached = attachment.attached_at, attachment.detached_at\n"
            "        if attachment.detach_rollout is CatalogRollout.NEW_SUBSCRIPTIONS_ONLY:\n"
            "            detached = None"
        ),
    ),
    Mistake(
        "an item removed and a feature detached swapped where both end a run",
        "entitlements.timeline",
        right="    AccessReason.ITEM_REMOVED,\n    AccessReason.FEATURE_DETACHED,\n",
        wrong="    AccessReason.FEATURE_DETACHED,\n    AccessReason.ITEM_REMOVED,\n",
    ),
    Mistake(
        "23 hours inclusive",
        "entitlements.status",
        right="INCOMPLETE_FOR = timedelta(hours=23)",
        wrong="INCOMPLETE_FOR = timedelta(hours=23, milliseconds=1)",
    ),
    Mistake(
        "a resumed run without a snapshot",
        "entitlements.snapshots",
        right="resumes = tuple(begins[1:])",
        wrong="resumes = ()",
    ),
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_seeded_mistake_is_caught(mistake: Mistake) -> None:
    mistaken = rule_with(mistake)

    with pytest.raises(AssertionError, match="differ"):
        compare(mistaken, examples=4000)


def test_the_rule_made_anew_without_a_mistake_passes() -> None:
    compare(rule_with(), examples=300)


def compare(rule: Rule, *, examples: int) -> None:
    """Tries a rule on as many examples as the rule itself is tried on, or fewer; the first difference is enough."""

    @settings(reproducible, max_examples=examples, phases=[Phase.generate])
    @given(worlds(subscriptions=1) | confluences())
    def compared(world: World) -> None:
        ours, theirs = rule(world.facts, world.attachments), expected(world.facts, world.attachments)
        assert canonical(ours) == canonical(theirs), "they differ"

    compared()
