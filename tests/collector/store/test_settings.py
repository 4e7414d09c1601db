"""The settings of the store: which database they name."""

from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store.settings import StoreSettings

URL = "postgresql+psycopg://thongsuot@db.test/thongsuot"


def test_the_settings_name_a_database_with_the_file_of_its_password() -> None:
    settings = StoreSettings(url=URL, password_file="/etc/thongsuot/db.password")
    assert settings.database == PostgresDatabase(
        url=URL, password_file="/etc/thongsuot/db.password"
    )
