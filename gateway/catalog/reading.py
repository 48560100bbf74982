"""From a catalogue file's text to what it says, with everything that is wrong noted at once."""

from pathlib import Path

from entitlements.facts import CatalogRollout, Metadata
from gateway.catalog.file import Catalog, CatalogInvalid, FeatureEntry, Position, ProductEntry
from gateway.catalog.tree import grow_tree
from gateway.catalog.values import (
    Entry,
    Notes,
    entries,
    fields,
    read_choice,
    read_flag,
    read_text,
    read_texts,
)
from gateway.console import CommandFailed
from resolvers.errors import Problems
from resolvers.validation import KEY_LENGTH, NAME_LENGTH, PRODUCT_NAME_LENGTH, check_metadata, check_text


def read_catalog(path: Path) -> Catalog:
    """The catalogue in a file. Raises: CatalogInvalid; CommandFailed if the file can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CommandFailed(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError):
        raise CommandFailed(f"{path} can't be read as a text in UTF-8.") from None
    return parse_catalog(str(path), text)


def parse_catalog(path: str, text: str) -> Catalog:
    """The catalogue in a text; `path` is what problems call it. Raises: CatalogInvalid."""
    root = grow_tree(path, text)
    notes = Notes()
    sections = fields(notes, Position(1, ""), root, ("features", "products")) if root else {}
    catalog = Catalog(
        path,
        tuple(_read_features(notes, sections["features"])) if "features" in sections else (),
        tuple(_read_products(notes, sections["products"])) if "products" in sections else (),
    )
    _check_references(notes, catalog)
    if notes.problems:
        raise CatalogInvalid(path, notes.problems)
    return catalog


def _read_features(notes: Notes, section: Entry) -> list[FeatureEntry]:
    read: list[FeatureEntry] = []
    for entry in entries(notes, section.position, section.value):
        _check(notes, entry.position, "The lookup key", entry.key, KEY_LENGTH)
        given = fields(notes, entry.position, entry.value, ("name", "metadata", "archived"))
        archived = read_flag(notes, given["archived"]) if "archived" in given else None
        feature = FeatureEntry(
            key=entry.key,
            position=entry.position,
            name=_read_name(notes, entry, given, NAME_LENGTH),
            metadata=_read_metadata(notes, given),
            archived=archived or False,
        )
        read.append(feature)
    return read


def _read_products(notes: Notes, section: Entry) -> list[ProductEntry]:
    read: list[ProductEntry] = []
    for entry in entries(notes, section.position, section.value):
        _check(notes, entry.position, "The lookup key", entry.key, KEY_LENGTH)
        known = ("name", "active", "metadata", "features", "rollout")
        given = fields(notes, entry.position, entry.value, known)
        rollout = read_choice(notes, given["rollout"], CatalogRollout) if "rollout" in given else None
        product = ProductEntry(
            key=entry.key,
            position=entry.position,
            name=_read_name(notes, entry, given, PRODUCT_NAME_LENGTH),
            active=read_flag(notes, given["active"]) if "active" in given else None,
            metadata=_read_metadata(notes, given),
            features=read_texts(notes, given["features"]) if "features" in given else None,
            rollout=rollout or CatalogRollout.NEXT_PERIOD,
        )
        read.append(product)
    return read


def _read_name(notes: Notes, entry: Entry, given: dict[str, Entry], length: int) -> str:
    if "name" not in given:
        # What isn't even a mapping is noted as that already.
        if entry.value.kind == "map":
            notes.add(entry.position, "needs a `name`.")
        return ""
    name = read_text(notes, given["name"])
    if name is None:
        return ""
    _check(notes, given["name"].position, "The name", name, length)
    return name


def _read_metadata(notes: Notes, given: dict[str, Entry]) -> Metadata | None:
    if "metadata" not in given:
        return None
    read: dict[str, str] = {}
    section = given["metadata"]
    for entry in entries(notes, section.position, section.value):
        value = read_text(notes, entry)
        if value is not None:
            read[entry.key] = value
    problems = Problems()
    check_metadata(problems, read)
    _pass_on(notes, section.position, problems)
    return read


def _check_references(notes: Notes, catalog: Catalog) -> None:
    known = {feature.key for feature in catalog.features}
    for product in catalog.products:
        for key, position in (product.features or {}).items():
            if key not in known:
                notes.add(position, f"there is no feature `{key}` in this file.")


def _check(notes: Notes, position: Position, label: str, text: str, length: int) -> None:
    problems = Problems()
    check_text(problems, label, text, length)
    _pass_on(notes, position, problems)


def _pass_on(notes: Notes, position: Position, problems: Problems) -> None:
    for error in problems.errors:
        notes.add(position, error.message)
