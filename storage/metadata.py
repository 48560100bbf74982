"""What all tables have in common: the names of their constraints, and how a row refers to another one."""

from sqlalchemy import ForeignKeyConstraint, MetaData

tables = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def within(*names: str, of: str, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A reference to a row of the same environment."""
    referred = [f"{of}.environment_id", f"{of}.id"]
    return ForeignKeyConstraint(["environment_id", *names], referred, ondelete=ondelete)
