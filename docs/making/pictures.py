"""Writes the pictures of timelines into `docs/pictures`: `make pictures`."""

from pathlib import Path

from docs.making.scenes import drawn

FOLDER = Path(__file__).parents[1] / "pictures"


def main() -> None:
    """Writes them all."""
    for name, text in drawn().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
