"""The database that a local cloud reads."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from local.partyhelp.origin import database_url
from shared.errors import ConfigurationError

REAL = "mysql+pymysql://reader:secret@host/partyhelp"


def test_without_a_url_it_is_the_sample(tmp_path: Path) -> None:
    engine = create_engine(database_url(tmp_path, None))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM leads")) > 0
    engine.dispose()
    assert database_url(tmp_path, "") == f"sqlite:///{tmp_path}/partyhelp.sqlite"


def test_the_sample_never_takes_the_place_of_real_data(tmp_path: Path) -> None:
    assert database_url(tmp_path, REAL) == REAL
    with pytest.raises(ConfigurationError, match="found the sample: set PARTYHELP_DB_URL") as why:
        database_url(tmp_path, None)
    assert "secret" not in str(why.value)
    assert not (tmp_path / "partyhelp.sqlite").exists()
    assert database_url(tmp_path, REAL) == REAL


def test_real_data_do_not_join_the_samples(tmp_path: Path) -> None:
    database_url(tmp_path, None)
    with pytest.raises(ConfigurationError, match="unset PARTYHELP_DB_URL, or take another folder"):
        database_url(tmp_path, REAL)
