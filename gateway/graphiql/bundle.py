"""The files of the page as `npm run build` left them: compressed, under hashed names, listed in a manifest."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `compressed` is its content by gzip; `sha256` is of the content itself, in hexadecimal."""

    name: str
    media_type: str
    sha256: str
    compressed: bytes

    @property
    def content(self) -> bytes:
        """The content itself, kept once it was asked for: unpacking megabytes keeps everybody else waiting."""
        return _unpack(self.compressed)


@dataclass(frozen=True, slots=True)
class Bundle:
    """All files by name, and which of them the page itself names: the others are loaded by these when they are needed.

    `sources` is the digest of what it was built from, so that a bundle that was left behind is noticed. The last of
    `scripts` starts the page; it imports the ones before it.
    """

    sources: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    assets: Mapping[str, Asset]


@cache
def load_bundle() -> Bundle:
    """The bundle of this installation, read once: about two megabytes."""
    manifest = json.loads((ASSETS / "manifest.json").read_bytes())
    assets = {
        name: Asset(name, file["type"], file["sha256"], (ASSETS / f"{name}.gz").read_bytes())
        for name, file in manifest["files"].items()
    }
    return Bundle(manifest["sources"], tuple(manifest["scripts"]), tuple(manifest["styles"]), assets)


@cache
def _unpack(compressed: bytes) -> bytes:
    return gzip.decompress(compressed)
