"""Which status a subscription may be moved to. Judged on the effective status, not on the recorded one."""

from entitlements.facts import SubscriptionStatus as S

MOVES: dict[S, frozenset[S]] = {
    S.INCOMPLETE: frozenset({S.ACTIVE, S.TRIALING, S.INCOMPLETE_EXPIRED, S.CANCELED}),
    S.TRIALING: frozenset({S.ACTIVE, S.PAST_DUE, S.PAUSED, S.CANCELED}),
    S.ACTIVE: frozenset({S.PAST_DUE, S.UNPAID, S.PAUSED, S.CANCELED}),
    S.PAST_DUE: frozenset({S.ACTIVE, S.UNPAID, S.CANCELED}),
    S.UNPAID: frozenset({S.ACTIVE, S.CANCELED}),
    S.PAUSED: frozenset({S.ACTIVE, S.CANCELED}),
    S.CANCELED: frozenset(),
    S.INCOMPLETE_EXPIRED: frozenset(),
}
"""From each status the ones it may be moved to. Source: DESIGN, Moves and edits."""
