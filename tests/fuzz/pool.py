"""Names of what there is, learnt from answers, so that generated requests can ask for it."""

import re
from collections import defaultdict, deque
from collections.abc import Mapping
from random import Random
from typing import Any, cast

Json = Any

KINDS = ("cus", "feat", "prod", "prodft", "sub", "si", "grt", "cs", "ent", "env", "we", "evt", "whd", "wha")
"""What ids begin with, by the type they are of."""

_ID = re.compile(r"([a-z]+)_[0-9A-Za-z]+")
_NAMES = {"lookupKey": "lookupKey", "externalId": "externalId", "email": "email"}
_CURSORS = dict.fromkeys(("cursor", "startCursor", "endCursor"), "cursor")
_REMEMBERED = 40


class Pool:
    """The names last seen, a few dozen of each kind: what was deleted long ago is forgotten."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[str]] = defaultdict(lambda: deque[str](maxlen=_REMEMBERED))

    def learn(self, value: Json, name: str = "") -> None:
        """Takes the names in an answer's data, or any other JSON; `name` is the field that holds it."""
        if isinstance(value, Mapping):
            for key, each in cast("Mapping[str, Json]", value).items():
                self.learn(each, key)
        elif isinstance(value, list):
            for each in cast("list[Json]", value):
                self.learn(each, name)
        elif isinstance(value, str):
            self._note(value, name)

    def id(self, random: Random, *kinds: str) -> str:
        """An id of one of some kinds; of any at all if none is named."""
        return self._pick(random, random.choice(kinds or KINDS))

    def text(self, random: Random, name: str) -> str:
        """A `lookupKey`, an `externalId`, an `email` or a `cursor`."""
        return self._pick(random, name)

    def _note(self, text: str, name: str) -> None:
        found = _ID.fullmatch(text)
        kind = found[1] if found and found[1] in KINDS else (_NAMES | _CURSORS).get(name)
        if kind and text not in self._seen[kind]:
            self._seen[kind].append(text)

    def _pick(self, random: Random, kind: str) -> str:
        seen = self._seen[kind]
        return random.choice(seen) if seen else f"{kind}_unknown"
