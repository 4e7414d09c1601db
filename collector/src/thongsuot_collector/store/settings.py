"""Settings of the store."""

from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_schema.inventory.fields import StrictStruct


class StoreSettings(StrictStruct, frozen=True, kw_only=True):
    """
    Where everything is kept but what agents pushed: tokens, people, incidents, statements.

    Left out, it is a SQLite file in ``state_dir``, for one collector. ``url`` names a PostgreSQL
    database that several collectors share, as ``postgresql+psycopg://USER@HOST/DATABASE``; whatever
    else libpq knows follows as its parameters: ``?sslmode=verify-full``. ``password_file`` holds
    the user's password and nothing else.
    """

    url: str = ""
    password_file: str = ""

    @property
    def database(self) -> PostgresDatabase:
        """The database that ``url`` names."""
        return PostgresDatabase(url=self.url, password_file=self.password_file)
