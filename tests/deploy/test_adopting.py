"""A project's own tables, made as its specification has them, on the local BigQuery."""

import io
import json
from collections.abc import Callable, Iterator

import pytest
from google.cloud.bigquery import Table

from deploy import adopting
from deploy.__main__ import main
from deploy.environment import Environment
from shared import clients
from shared.schemas import table_schema
from tests.deploy.conftest import PROJECT, Google, Tools

LEADS = "st_raw.raw_leads"
KPIS = "st_kpi_mart.kpi_daily_consolidated"
OURS = {"app": "baton", "environment": "main"}

# As the specification's statements make them: not partitioned, nothing REQUIRED.
SPECIFIED = """
CREATE OR REPLACE TABLE st_raw.raw_leads AS
SELECT 'Phoenix-Sales' AS bu_key, DATE '2025-10-18' AS job_created_on, 'Ann' AS customer_name,
  'Estimate' AS job_type, 1001 AS job_id, '{}' AS raw
"""
OWN_VIEW = "CREATE OR REPLACE VIEW st_kpi_mart.kpi_daily_consolidated AS SELECT 1 AS leads"

Sql = Callable[..., None]


@pytest.fixture
def project(
    here: Environment,
    google: Google,
    tools: Tools,
    bigquery_emulator: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Sql]:
    """A project with these datasets; statements run in it."""
    for name, value in (bigquery_emulator | {"GOOGLE_CLOUD_PROJECT": PROJECT}).items():
        monkeypatch.setenv(name, value)
    url = bigquery_emulator["BIGQUERY_EMULATOR_HOST"]
    monkeypatch.setenv("GOOGLE_BIG_QUERY_CUSTOM_ENDPOINT", f"{url}/bigquery/v2/")
    monkeypatch.setenv("BATON_BUCKET", "any")
    monkeypatch.setattr("deploy.environment.find", lambda name: Environment(name, here.folder))
    clients.forget()
    made: list[str] = []

    def run(*statements: str, datasets: tuple[str, ...] = ("st_raw", "st_kpi_mart")) -> None:
        for name in datasets:
            clients.bigquery().create_dataset(name)
            made.append(name)
        for sql in statements:
            clients.bigquery().query_and_wait(sql)

    yield run
    for name in made:
        clients.bigquery().delete_dataset(name, delete_contents=True)
    clients.bigquery().close()
    clients.forget()


def as_ours(address: str) -> dict[str, object]:
    """The resource of a table equal to ours, but without labels."""
    dataset, _, table = address.partition(".")
    reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": table}
    return {**table_schema(address).resource, "tableReference": reference}


def create(resource: dict[str, object]) -> None:
    clients.bigquery().create_table(Table.from_api_repr(resource))


def family(here: Environment, name: str, *take_over: str) -> adopting.Family:
    return next(found for found in adopting.look(here, take_over) if found.name == name)


def told(here: Environment, address: str) -> tuple[str, ...]:
    """In what the table at an address differs."""
    there = family(here, address.partition(".")[0]).there
    return next(each.differs for each in there if each.wanted.name == address)


def test_an_empty_project_has_nothing_to_adopt(
    project: Sql, here: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adopt", "--yes"]) == 0
    assert capsys.readouterr().out == "Nothing that Baton would have exists already: make deploy\n"
    assert not here.adopted_file.exists()


def test_the_specifications_tables_are_kept_and_ours_put_beside_them(
    project: Sql, here: Environment
) -> None:
    project(SPECIFIED)
    found = family(here, "st_raw")
    assert (found.becomes, found.another) == ("kept; ours beside it: baton_st_raw", "baton_st_raw")
    differs = told(here, LEADS)
    assert "partitioning: none, ours by DAY of job_created_on, filter required" in differs
    assert "job_id is INT64, ours STRING" in differs


def test_a_column_of_an_analyst_is_told_and_does_no_harm(project: Sql, here: Environment) -> None:
    project()
    resource = as_ours(LEADS)
    fields = table_schema(LEADS).resource["schema"]["fields"]
    resource["schema"] = {"fields": [*fields, {"name": "my_note", "type": "STRING"}]}
    create(resource)
    (there,) = [each for each in family(here, "st_raw").there if each.wanted.name == LEADS]
    assert (there.differs, there.added) == ((), ("my_note",))


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (
            {"timePartitioning": {"type": "MONTH", "field": "job_created_on"}},
            "partitioning: by MONTH",
        ),
        ({"clustering": {"fields": ["job_id"]}}, "clustering: job_id, ours bu_key"),
    ],
)
def test_another_layout_is_told(
    project: Sql, here: Environment, change: dict[str, object], differs: str
) -> None:
    project()
    create(as_ours(LEADS) | change)
    assert any(text.startswith(differs) for text in told(here, LEADS))


def test_a_view_in_the_place_of_a_table_is_told(project: Sql, here: Environment) -> None:
    project(OWN_VIEW)
    assert told(here, KPIS) == ("a view, ours a table",)
    assert family(here, "st_kpi_mart").another == "baton_st_kpi_mart"


def test_a_dataset_elsewhere_is_told(project: Sql, here: Environment) -> None:
    project()
    with here.file.open("a") as file:
        file.write('location = "EU"\n')
    assert told(here, "st_raw") == ("in US, ours in EU, which can't be changed",)


def test_what_is_as_ours_is_marked_on_the_operators_word_alone(
    project: Sql, here: Environment
) -> None:
    project()
    create(as_ours(LEADS))
    assert family(here, "st_raw").becomes == "kept; ours beside it: baton_st_raw"
    assert main(["adopt", "--yes", "--take-over", "st_raw"]) == 0
    blocks = json.loads(here.imports_file.read_text())["import"]
    place = f"projects/{PROJECT}/datasets/st_raw"
    assert blocks == [
        {"to": 'google_bigquery_dataset.dataset["st_raw"]', "id": place},
        {
            "to": f'google_bigquery_table.table["{LEADS}"]',
            "id": f"{place}/tables/raw_leads",
        },
    ]


def test_what_differs_is_never_taken_over(
    project: Sql, here: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    project(SPECIFIED)
    assert main(["adopt", "--yes", "--take-over", "st_raw"]) == 4
    assert "raw_leads is somebody's own and can't become Baton's (" in capsys.readouterr().err
    assert not here.adopted_file.exists()


def test_a_strangers_table_in_a_dataset_of_ours_is_refused(project: Sql, here: Environment) -> None:
    project()
    create(as_ours("st_kpi_mart.data_status") | {"labels": OURS})
    found = family(here, "st_kpi_mart")
    assert found.becomes == "refused"
    assert "give ours another name in dataset_names" in found.reasons[0]


def test_ours_stays_where_it_is_although_a_stranger_is_beside_it(
    project: Sql, here: Environment
) -> None:
    project(SPECIFIED, datasets=("st_raw", "baton_st_raw"))
    create(_in("baton_st_raw", LEADS) | {"labels": OURS})
    create(_stray("baton_st_raw"))
    found = family(here, "st_raw")
    assert (found.becomes, found.another) == ("refused", None)
    assert any("baton_st_raw/tables/raw_foreman is somebody's own" in r for r in found.reasons)


def test_the_variables_are_written_after_a_yes_and_once(
    project: Sql,
    here: Environment,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project(SPECIFIED)
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert main(["adopt"]) == 3
    assert not here.adopted_file.exists()
    assert main(["adopt", "--yes", "--shift", "31"]) == 0
    written = json.loads(here.adopted_file.read_text())
    names = {"st_raw": "baton_st_raw", "st_kpi_mart": "baton_st_kpi_mart"}
    assert written["dataset_names"] == names
    assert written["schedule_times"]["leads-weekly"] == "21 0 * * 1"
    assert here.arguments == ("-var-file=main.tfvars", "-var-file=main.adopted.tfvars.json")
    capsys.readouterr()
    assert main(["adopt", "--shift", "31"]) == 0
    assert "main.adopted.tfvars.json: nothing to add" in capsys.readouterr().out


def test_the_names_that_the_environments_own_file_gives_stay(
    project: Sql, here: Environment
) -> None:
    with here.file.open("a") as file:
        file.write('dataset_names = { st_raw = "mine", ops = "baton_ops" }\n')
    project(SPECIFIED, datasets=("st_raw", "mine"))
    create(_stray("mine"))
    assert main(["adopt", "--yes"]) == 0
    names = json.loads(here.adopted_file.read_text())["dataset_names"]
    assert names == {"st_raw": "baton_st_raw", "ops": "baton_ops"}


def _in(dataset: str, address: str) -> dict[str, object]:
    """A table equal to ours, in another dataset."""
    reference = {
        "projectId": PROJECT,
        "datasetId": dataset,
        "tableId": address.partition(".")[2],
    }
    return as_ours(address) | {"tableReference": reference}


def _stray(dataset: str) -> dict[str, object]:
    reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": "raw_foreman"}
    return {"tableReference": reference, "schema": {"fields": [{"name": "a", "type": "STRING"}]}}


def test_a_bucket_of_somebody_elses_is_kept(
    project: Sql, here: Environment, google: Google
) -> None:
    name = f"{PROJECT}-baton-landing"
    google.answer(f"GET /STORAGE/storage/v1/b/{name}", {"name": name, "labels": {"team": "bi"}})
    google.refuse(f"GET /STORAGE/storage/v1/b/{name}-2", 403, "does not have storage.buckets.get")
    assert family(here, "landing").another == f"{name}-3"
    assert main(["adopt", "--yes"]) == 0
    assert json.loads(here.adopted_file.read_text()) == {"bucket_names": {"landing": f"{name}-3"}}


def test_a_bucket_of_ours_stays_ours(project: Sql, here: Environment, google: Google) -> None:
    name = f"{PROJECT}-baton-landing"
    google.answer(f"GET /STORAGE/storage/v1/b/{name}", {"name": name, "labels": OURS})
    assert family(here, "landing").becomes == "Baton's already"
