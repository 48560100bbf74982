"""The entitlement's id: a function of customer and feature, both ways, with no stored row.

`ent_` + e(customer) + `Z0` + e(feature), of the two ids without their prefix, where e writes Z as ZZ and _ as Z1. It
is injective, has letters and digits only, and is read back in one pass. Source: DESIGN, The rule, 10.
"""

import re
from functools import lru_cache

from entitlements.facts import CustomerId, FeatureId

_ENTITLEMENT = re.compile(r"ent_((?:[0-9A-Ya-z]|ZZ|Z1)+)Z0((?:[0-9A-Ya-z]|ZZ|Z1)+)", re.ASCII)
# A page names one customer many times, and the same features as the page before.
_KNOWN_HALVES = 10_000
_UNESCAPED = {"ZZ": "Z", "Z1": "_"}


def entitlement_id(customer: CustomerId, feature: FeatureId) -> str:
    """The id of a customer's entitlement to a feature; it survives upgrades, downgrades and gaps."""
    return f"ent_{_half(customer, 'cus_')}Z0{_half(feature, 'feat_')}"


def read_entitlement_id(text: str) -> tuple[CustomerId, FeatureId] | None:
    """The customer and the feature that an entitlement's id names; None for anything that isn't such an id."""
    match = _ENTITLEMENT.fullmatch(text)
    if match is None:
        return None
    customer, feature = map(_unescape, match.groups())
    return CustomerId(f"cus_{customer}"), FeatureId(f"feat_{feature}")


@lru_cache(_KNOWN_HALVES)
def _half(of: str, prefix: str) -> str:
    return of.removeprefix(prefix).replace("Z", "ZZ").replace("_", "Z1")


def _unescape(text: str) -> str:
    return re.sub("Z[Z1]", lambda match: _UNESCAPED[match[0]], text)
