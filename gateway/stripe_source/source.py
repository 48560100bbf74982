"""The source's name, which environments are marked with that it feeds."""

SOURCE = "stripe"
