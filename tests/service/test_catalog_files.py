"""What a catalogue file may say, and what is said of one that says something else."""

import pytest

from entitlements.facts import CatalogRollout
from gateway.catalog.file import CatalogInvalid
from gateway.catalog.reading import parse_catalog

_TEMPLATE = """\
features:
  sso: {name: Single sign-on, metadata: {level: 1}}
  sso: {name: Again}
  audit: {nam: Audit log, archived: maybe}
  5: {name: Five}
  empty:
  long: {name: "NAME", metadata: {"KEY": x}}
products:
  team:
    name: no
    active: "yes"
    rollout: SOON
    features: [sso, sso, ghost, 7]
  pro: [sso]
  " ": {name: Blank}
plans: {}
"""
WRONG = _TEMPLATE.replace("NAME", "n" * 81).replace("KEY", "k" * 41)

SAID = """\
f.yaml:2: features.sso.metadata.level: must be a text, not a number; put it in quotes if it is one.
f.yaml:3: features.sso: stands here twice; the first is on line 2.
f.yaml:4: features.audit: needs a `name`.
f.yaml:4: features.audit.archived: must be true or false, not a text.
f.yaml:4: features.audit.nam: is not a field here; the fields are name, metadata, archived.
f.yaml:5: features: has a key that is a number; put it in quotes.
f.yaml:6: features.empty: must be a mapping of keys to values, not empty.
f.yaml:7: features.long.metadata: A metadata key is 41 characters long; at most 40 are allowed.
f.yaml:7: features.long.name: The name is 81 characters long; at most 80 are allowed.
f.yaml:11: products.team.active: must be true or false, not a text.
f.yaml:12: products.team.rollout: must be one of NEXT_PERIOD, IMMEDIATE, NEW_SUBSCRIPTIONS_ONLY.
f.yaml:13: products.team.features[1]: `sso` stands here twice; the first is on line 13.
f.yaml:13: products.team.features[2]: there is no feature `ghost` in this file.
f.yaml:13: products.team.features[3]: must be a text, not a number; put it in quotes if it is one.
f.yaml:14: products.pro: must be a mapping of keys to values, not a list.
f.yaml:15: products. : The lookup key must not be blank.
f.yaml:16: plans: is not a field here; the fields are features, products."""


def test_everything_wrong_with_a_file_is_said_at_once_with_line_and_field() -> None:
    with pytest.raises(CatalogInvalid) as refused:
        parse_catalog("f.yaml", WRONG)

    assert str(refused.value).splitlines() == SAID.splitlines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("features: [", "f.yaml:1: This is not YAML: "),
        ("features:\n  a: b: c", "f.yaml:2: This is not YAML: "),
        ("features: *nobody", "f.yaml:1: This is not YAML: "),
        ("\0", "f.yaml:1: This is not YAML: "),
        ("a\n---\nb", "f.yaml:2: This is not YAML: "),
        ("[]", "f.yaml:1: must be a mapping of keys to values, not a list."),
        ("features:", "f.yaml:1: features: must be a mapping of keys to values, not empty."),
        ("features: &a {x: *a}", "f.yaml:1: features.x: needs a `name`."),
        ("features: {a: {<<: {name: x}}}", "f.yaml:1: features.a: has a key that is a merge (<<); put it in quotes."),
        (
            'features: {a: {name: "\\ud800"}}',
            "f.yaml:1: features.a.name: The name holds a NUL or an unpaired surrogate.",
        ),
    ],
)
def test_what_is_no_catalogue_is_said_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(CatalogInvalid) as refused:
        parse_catalog("f.yaml", text)

    assert str(refused.value).startswith(message)


def test_an_empty_file_names_nothing() -> None:
    catalog = parse_catalog("f.yaml", "# nothing yet\n")

    assert (catalog.features, catalog.products) == ((), ())


def test_a_file_is_read_with_what_it_leaves_out_left_open() -> None:
    catalog = parse_catalog(
        "f.yaml",
        "features:\n  sso: {name: SSO}\nproducts:\n  a: {name: A}\n"
        "  b: {name: B, active: false, metadata: {}, features: [sso], rollout: IMMEDIATE}\n",
    )

    [sso] = catalog.features
    a, b = catalog.products
    assert (sso.key, sso.name, sso.metadata, sso.archived) == ("sso", "SSO", None, False)
    assert (a.active, a.metadata, a.features, a.rollout) == (None, None, None, CatalogRollout.NEXT_PERIOD)
    assert (b.active, b.metadata, list(b.features or ()), b.rollout) == (False, {}, ["sso"], CatalogRollout.IMMEDIATE)
