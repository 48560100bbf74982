"""How the pages that nobody writes come about: the reference from the schema, the pictures from the rule."""
