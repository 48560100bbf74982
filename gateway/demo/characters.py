"""The customers worth knowing by name, one for each state there is. docs/demo-data.md lists them."""

from datetime import datetime, timedelta

from entitlements.facts import SubscriptionStatus, TrialEndBehavior
from gateway.demo.story import YEARLY, Story


def characters(now: datetime) -> list[Story]:
    """Their stories, each ending in the state that its external id names."""
    return [*_on_trial(now), *_in_trouble(now), *_leaving(now), *_changing(now), *_special(now)]


def _ago(now: datetime, days: float) -> datetime:
    return now - timedelta(days=days)


def _on_trial(now: datetime) -> list[Story]:
    return [
        Story("acme-trialing", "Acme Rockets")
        .joins(_ago(now, 4))
        .subscribes(_ago(now, 4), "business", trial=timedelta(days=30)),
        Story("birch-trial-pauses", "Birch & Sons")
        .joins(_ago(now, 2))
        .subscribes(_ago(now, 2), "team", trial=timedelta(days=30), then=TrialEndBehavior.PAUSE),
        Story("cedar-trial-expired", "Cedar Analytics")
        .joins(_ago(now, 40))
        .subscribes(_ago(now, 40), "team", trial=timedelta(days=14), then=TrialEndBehavior.CANCEL),
        Story("dune-trial-paused", "Dune Surveying")
        .joins(_ago(now, 33))
        .subscribes(_ago(now, 33), "business", trial=timedelta(days=14), then=TrialEndBehavior.PAUSE),
        Story("elm-trial-converted", "Elm Street Books")
        .joins(_ago(now, 95))
        .subscribes(_ago(now, 95), "team", trial=timedelta(days=14)),
    ]


def _in_trouble(now: datetime) -> list[Story]:
    return [
        Story("fjord-past-due", "Fjord Shipping")
        .joins(_ago(now, 365))
        .subscribes(_ago(now, 365), "business", seats=12)
        .is_reported(_ago(now, 4), SubscriptionStatus.PAST_DUE),
        Story("grove-unpaid", "Grove Media")
        .joins(_ago(now, 410))
        .subscribes(_ago(now, 410), "team", seats=5)
        .is_reported(_ago(now, 21), SubscriptionStatus.PAST_DUE)
        .is_reported(_ago(now, 8), SubscriptionStatus.UNPAID),
        Story("harbor-incomplete", "Harbor Legal")
        .joins(_ago(now, 0.1))
        .subscribes(_ago(now, 0.1), "business", incomplete=True),
        Story("iris-incomplete-expired", "Iris Optics")
        .joins(_ago(now, 40))
        .subscribes(_ago(now, 40), "team", incomplete=True),
        Story("juniper-paused", "Juniper Farms")
        .joins(_ago(now, 220))
        .subscribes(_ago(now, 220), "business", seats=3)
        .is_reported(_ago(now, 15), SubscriptionStatus.PAUSED),
        Story("kestrel-resumed", "Kestrel Aviation")
        .joins(_ago(now, 500))
        .subscribes(_ago(now, 500), "business", seats=8)
        .is_reported(_ago(now, 260), SubscriptionStatus.PAUSED)
        .is_reported(_ago(now, 170), SubscriptionStatus.ACTIVE),
    ]


def _leaving(now: datetime) -> list[Story]:
    return [
        Story("larch-canceling", "Larch Interiors")
        .joins(_ago(now, 130))
        .subscribes(_ago(now, 130), "team", seats=4)
        .cancels(_ago(now, 2), at_period_end=True),
        Story("maple-canceled", "Maple Consulting")
        .joins(_ago(now, 350))
        .subscribes(_ago(now, 350), "business")
        .cancels(_ago(now, 60)),
        Story("nova-came-back", "Nova Dental")
        .joins(_ago(now, 640))
        .subscribes(_ago(now, 640), "starter", called="first")
        .cancels(_ago(now, 400), called="first")
        .subscribes(_ago(now, 210), "team"),
    ]


def _changing(now: datetime) -> list[Story]:
    return [
        Story("opal-upgraded", "Opal Studios")
        .joins(_ago(now, 600))
        .subscribes(_ago(now, 600), "starter")
        .moves(_ago(now, 410), "team", seats=4)
        .moves(_ago(now, 95), "business", seats=9),
        Story("pine-downgraded", "Pine Logistics")
        .joins(_ago(now, 540))
        .subscribes(_ago(now, 540), "business", seats=15)
        .moves(_ago(now, 75), "starter", seats=2),
        # Its next period begins in some twenty days; what was attached to its plan five days ago comes then.
        Story("quartz-waiting", "Quartz Minerals").joins(_ago(now, 10)).subscribes(_ago(now, 10), "team", seats=6),
        # Began after the attachment, so it has it from the start.
        Story("raven-new", "Raven Security").joins(_ago(now, 1)).subscribes(_ago(now, 1), "team", seats=6),
        Story("sage-yearly", "Sage Insurance")
        .joins(_ago(now, 500))
        .subscribes(_ago(now, 500), "business", seats=40, interval=YEARLY),
    ]


def _special(now: datetime) -> list[Story]:
    ahead = now + timedelta(days=14)
    return [
        Story("tundra-two-subscriptions", "Tundra Outdoor")
        .joins(_ago(now, 420))
        .subscribes(_ago(now, 420), "business", seats=20, interval=YEARLY)
        .subscribes(_ago(now, 150), "security-add-on", called="security")
        .subscribes(_ago(now, 150), "ai-add-on", called="ai"),
        Story("umber-grant-expiring", "Umber Design")
        .joins(_ago(now, 180))
        .subscribes(_ago(now, 180), "team", seats=3)
        .is_granted(_ago(now, 23), "sso", ends=now + timedelta(days=7), reason="Trying single sign-on for a month"),
        Story("violet-grant-scheduled", "Violet Health")
        .joins(_ago(now, 88))
        .subscribes(_ago(now, 88), "team", seats=7)
        .is_granted(_ago(now, 1), "audit-log", begins=ahead, reason="Needed for the audit"),
        Story("willow-grant-revoked", "Willow Games")
        .joins(_ago(now, 300))
        .subscribes(_ago(now, 300), "starter")
        .is_granted(_ago(now, 120), "api", reason="Beta of the new API")
        .loses_grant(_ago(now, 30), "api"),
        Story("xylo-archived-features", "Xylo Music").joins(_ago(now, 700)).subscribes(_ago(now, 700), "team", seats=5),
        Story("yarrow-grandfathered", "Yarrow Tea").joins(_ago(now, 260)).subscribes(_ago(now, 260), "starter"),
        Story("zephyr-prospect", "Zephyr Sails").joins(_ago(now, 6), source="fair"),
    ]
