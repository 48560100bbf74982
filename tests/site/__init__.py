"""The documentation site, as MkDocs builds it. `make test-docs` installs what it needs."""
