"""Catalogue files: features, products and what is attached, as YAML; compared with an environment, then applied."""
