"""What of GoogleSQL BigQuery has, for the analyser: its language features and system variables.

`features.txt` names those of zetasql's features that BigQuery has and that queries, DML and scripts
over tables may need. One that is missing makes a valid statement an error.
"""

from collections.abc import Mapping
from pathlib import Path

from zetasql.wasi._pb2.zetasql.proto.options_pb2 import AnalyzerOptionsProto, LanguageOptionsProto
from zetasql.wasi._pb2.zetasql.public.options_pb2 import (
    ERROR_MESSAGE_MULTI_LINE_WITH_CARET,
    NAME_RESOLUTION_DEFAULT,
    PARAMETER_NAMED,
    PRODUCT_EXTERNAL,
    LanguageFeature,
)
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeProto

from tests.sql.analyser.types import scalar

FEATURES = Path(__file__).with_name("features.txt").read_text(encoding="utf-8").split()

# https://cloud.google.com/bigquery/docs/reference/system-variables
SYSTEM_VARIABLES = {
    "error.message": "STRING",
    "error.statement_text": "STRING",
    "row_count": "INT64",
    "script.job_id": "STRING",
}


def language() -> LanguageOptionsProto:
    """Return BigQuery's language."""
    return LanguageOptionsProto(
        product_mode=PRODUCT_EXTERNAL,
        name_resolution_mode=NAME_RESOLUTION_DEFAULT,
        enabled_language_features=[LanguageFeature.Value(f"FEATURE_{name}") for name in FEATURES],
        reserved_keywords=["QUALIFY"],
    )


def analysis(parameters: Mapping[str, TypeProto]) -> AnalyzerOptionsProto:
    """Return the options to analyse a statement with typed, named parameters."""
    options = AnalyzerOptionsProto(
        language_options=language(),
        parameter_mode=PARAMETER_NAMED,
        error_message_mode=ERROR_MESSAGE_MULTI_LINE_WITH_CARET,
        default_timezone="UTC",
    )
    for name, kind in parameters.items():
        options.query_parameters.add(name=name, type=kind)
    return options


def with_system_variables(options: AnalyzerOptionsProto) -> AnalyzerOptionsProto:
    """Return the options with BigQuery's `@@` variables, which an evaluation refuses."""
    for name, kind in SYSTEM_VARIABLES.items():
        options.system_variables.add(name_path=name.split("."), type=scalar(kind))
    return options
