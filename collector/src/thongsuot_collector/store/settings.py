"""Settings of the store."""

from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_schema.inventory.fields import StrictStruct


class StoreSettings(StrictStruct, frozen=True, kw_only=True):
    """
    The location of everything except pushed data: tokens, people, incidents, statements.

    By default it is a SQLite file in ``state_dir``, for one collector. ``url`` names a PostgreSQL
    database that several collectors share, as ``postgresql+psycopg://USER@HOST/DATABASE``; other
    options of libpq follow as parameters: ``?sslmode=verify-full``. ``password_file`` only contains
    the user's password.
    """

    url: str = ""
    password_file: str = ""

    @property
    def database(self) -> PostgresDatabase:
        """The database named by ``url``."""
        return PostgresDatabase(url=self.url, password_file=self.password_file)
