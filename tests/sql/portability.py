"""What SQL may not do if BigQuery and the local engine are to give the same rows.

Each rule takes one parsed statement and yields what it finds wrong, each with the remedy.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from local.bigquery.catalog import Address, Table
from local.bigquery.errors import BigQueryError
from local.bigquery.functions import unsupported
from local.bigquery.partition_filter import check_partition_filters
from local.bigquery.script import Statement, Tokenizer, split
from shared.errors import ConfigurationError
from shared.schemas import table_schema
from tests.sql.analyser import corpus

CHANGES = (exp.Merge, exp.Delete, exp.Update, exp.Insert)
# The last column of an order that no two rows share: of a raw row, a pull, a row of Partyhelp's.
TIE_BREAKERS = {"_row", "_batch_id", "batch_id", "id", "version", "withdrawal_id", "day", "place"}
# When something was entered: what was entered twice at one instant says the same twice.
TIE_BREAKERS |= {"loaded_at", "checked_at"}
# CURRENT_TIMESTAMP is the transaction's start, and no business day.
CLOCKS = (exp.CurrentDate, exp.CurrentDatetime, exp.CurrentTime)
# A variable that holds days, and the statements of a script that read or change no table.
DAYS = re.compile(r"DECLARE (\w+) (?:DATE|ARRAY<DATE>)$")
CONTROL = {"BEGIN", "COMMIT", "DECLARE", "RAISE"}
# What chooses one row, so that it matters which comes first.
CHOICES = (exp.RowNumber, exp.FirstValue, exp.LastValue)
CLAUSES = (TokenType.SELECT, TokenType.WHERE, TokenType.GROUP_BY, TokenType.ORDER_BY)
JOIN_KINDS = (TokenType.INNER, TokenType.LEFT, TokenType.CROSS, TokenType.FULL, TokenType.OUTER)
# What may follow an expression without being its alias.
WORDS = {
    "BY",
    "DAY",
    "HOUR",
    "IGNORE",
    "LAST",
    "MATCHED",
    "MONTH",
    "NULLS",
    "SOURCE",
    "TARGET",
    "THEN",
    "VALUES",
}

Rule = Callable[[exp.Expression], Iterator[str]]


def script_problems(sql: str) -> list[str]:
    """What is wrong with any statement of a script."""
    return [problem for text in statements(sql) for problem in problems(text)]


def trees(sql: str) -> Iterator[exp.Expression]:
    """The statements of a script, parsed."""
    for text in statements(sql):
        tree = sqlglot.parse_one(text, read="bigquery")
        assert isinstance(tree, exp.Expression)
        yield tree


def statements(sql: str) -> Iterator[str]:
    """The statements of a script that read or change tables; a SET's value as a query.

    Its variables for days are written as the parameters that they are like.
    """
    script = split(sql)
    days = [found[1] for each in script if (found := DAYS.match(each.text))]
    for text in _leaves(script):
        yield re.sub(rf"(?<![@.\w])({'|'.join(days)})\b", r"@\1", text) if days else text


def _leaves(script: Sequence[Statement]) -> Iterator[str]:
    for each in script:
        if each.kind == "SET":
            yield f"SELECT {each.text.partition('=')[2]} AS value"
        elif each.kind not in CONTROL and not (each.branches or each.body):
            yield each.text
        for _, branch in each.branches:
            yield from _leaves(branch)
        yield from _leaves(each.body)
        yield from _leaves(each.otherwise or ())


def problems(sql: str) -> list[str]:
    """What is wrong with a statement, by any rule."""
    parsed = sqlglot.parse(sql, read="bigquery")
    if len(parsed) != 1:
        return ["several statements: look at them one by one"]
    (tree,) = parsed
    assert isinstance(tree, exp.Expression)
    found = [problem for rule in RULES for problem in rule(tree)]
    return [*found, *unknown_functions(sql), *implicit_joins(sql), *implicit_aliases(sql)]


def unexpected_kind(tree: exp.Expression) -> Iterator[str]:
    """DDL, but for temporary tables, and commands."""
    is_temporary = isinstance(tree, exp.Create) and tree.find(exp.TemporaryProperty)
    if not is_temporary and not isinstance(tree, (exp.Query, *CHANGES)):
        yield f"{tree.key}: expected a query, MERGE or DELETE; tables are made from schema.json"


def weeks(tree: exp.Expression) -> Iterator[str]:
    """The local engine's weeks begin on Sunday, whatever a statement asks for."""
    text = tree.sql("bigquery", comments=False).upper()
    if "WEEK(" in text or "ISOWEEK" in text:
        yield "WEEK(MONDAY): compute it with DAYOFWEEK"


def decimal_casts(tree: exp.Expression) -> Iterator[str]:
    """The local engine has no BIGNUMERIC."""
    for cast in tree.find_all(exp.Cast):
        if cast.to.is_type(exp.DataType.Type.BIGDECIMAL):
            yield "CAST AS BIGNUMERIC: NUMERIC has 38 digits, 9 of them decimals"


def json_texts(tree: exp.Expression) -> Iterator[str]:
    """JSON is written in other ways."""
    if "TO_JSON_STRING(" in tree.sql("bigquery").upper():
        yield "TO_JSON_STRING: put the text together from columns"


def clocks(tree: exp.Expression) -> Iterator[str]:
    """A redelivery would see another time, and BigQuery's day is not the business's."""
    for clock in tree.find_all(*CLOCKS):
        yield f"{clock.sql('bigquery')}: take the time as a parameter"


def stored_stars(tree: exp.Expression) -> Iterator[str]:
    """What is stored names its columns, or a new one moves all that follow it."""
    stored = tree.args["using"] if isinstance(tree, exp.Merge) else tree
    stored = stored.expression if isinstance(stored, exp.Insert) else stored
    query = stored.unnest() if isinstance(stored, exp.Subquery) else stored
    if isinstance(query, exp.Query) and any(select.is_star for select in query.selects):
        yield "SELECT *: name the columns"


def changes_of_everything(tree: exp.Expression) -> Iterator[str]:
    """BigQuery refuses them, the local engine does not."""
    if isinstance(tree, exp.Delete | exp.Update) and not tree.args.get("where"):
        yield f"{tree.key} without WHERE: bound it by its days"


def unbounded_reads(tree: exp.Expression) -> Iterator[str]:
    """Cost follows the window: each read of a partitioned table is bounded by its day."""
    tables = [(place, table) for place in tree.find_all(exp.Table) if (table := _bounded(place))]
    try:
        check_partition_filters(tree, tables)
    except BigQueryError as error:
        yield f"{error}: BETWEEN @from AND @to"


def partial_orders(tree: exp.Expression) -> Iterator[str]:
    """Of rows that tie, any may come first."""
    for window in tree.find_all(exp.Window):
        order = window.args.get("order")
        columns = {column.name for column in order.find_all(exp.Column)} if order else set()
        if isinstance(window.this, CHOICES) and not columns & TIE_BREAKERS:
            yield f"{window.sql('bigquery')}: end its ORDER BY with a column that breaks ties"


def unknown_constructs(tree: exp.Expression) -> Iterator[str]:
    """What no test has held against GoogleSQL's reference implementation."""
    for construct in corpus.unknown_constructs(tree):
        yield f"{construct}: add it to tests/sql/analyser/corpus, and see that the engines agree"


def unknown_functions(sql: str) -> Iterator[str]:
    """Functions that the local BigQuery does not have."""
    for name in unsupported(Tokenizer().tokenize(sql)):
        yield f"{name}: not among the functions of local/bigquery/functions.py"


def implicit_joins(sql: str) -> Iterator[str]:
    """A bare JOIN, or a comma between tables."""
    reads = [False]  # Whether a list of tables is open, for each open parenthesis.
    before = None
    for token in sqlglot.tokenize(sql, read="bigquery"):
        kind = token.token_type
        if kind is TokenType.L_PAREN:
            reads.append(False)
        elif kind is TokenType.R_PAREN:
            reads.pop()
        elif kind is TokenType.FROM or kind in CLAUSES:
            reads[-1] = kind is TokenType.FROM
        if (kind is TokenType.COMMA and reads[-1]) or (
            kind is TokenType.JOIN and before not in JOIN_KINDS
        ):
            yield f"{token.text}: say INNER JOIN, LEFT JOIN or CROSS JOIN"
        before = kind


def implicit_aliases(sql: str) -> Iterator[str]:
    """A name after an expression, without AS between them."""
    for before, name in pairwise(sqlglot.tokenize(sql, read="bigquery")):
        if _is_alias(before, name):
            yield f"{name.text}: say AS {name.text}"


RULES: Sequence[Rule] = (
    unexpected_kind,
    weeks,
    decimal_casts,
    json_texts,
    clocks,
    changes_of_everything,
    unbounded_reads,
    partial_orders,
    unknown_constructs,
)


def _is_alias(before: Token, name: Token) -> bool:
    values = (TokenType.VAR, TokenType.R_PAREN, TokenType.NUMBER, TokenType.STRING)
    named = name.token_type is TokenType.VAR and before.token_type in values
    return named and not WORDS.intersection((name.text.upper(), before.text.upper()))


def _bounded(place: exp.Table) -> Table | None:
    """The table at a place of a statement, if its day has to be bounded."""
    if place.db == "ops":
        return None  # The ledger is small, and asked about by table and batch.
    try:
        resource = table_schema(f"{place.db}.{place.name}").resource
    except ConfigurationError:
        return None
    return Table(
        Address("baton", place.db, place.name), {**resource, "requirePartitionFilter": True}
    )
