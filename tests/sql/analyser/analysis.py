"""A statement or a script, analysed against tables and typed parameters."""

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.empty_pb2 import Empty
from zetasql.wasi._pb2.zetasql.local_service.local_service_pb2 import (
    AnalyzeRequest,
    AnalyzeResponse,
    ParseRequest,
    ParseResponse,
    RegisterCatalogRequest,
    RegisterResponse,
    UnregisterRequest,
)
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeProto
from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_ast_enums_pb2 import (
    ResolvedCreateStatementEnums as CreateScope,
)

from tests.sql.analyser import options
from tests.sql.analyser.catalogue import Columns, catalogue
from tests.sql.analyser.engine import AnalyserError, analyser
from tests.sql.analyser.types import scalar

BOOL, STRING = scalar("BOOL"), scalar("STRING")

# A message of the parser's or the analyser's tree: each kind has fields of its own.
Node = Any


def analyse(
    sql: str, parameters: Mapping[str, TypeProto], tables: Mapping[str, Columns]
) -> Columns:
    """Return the columns of the last query's result. Raise AnalyserError for what has errors."""
    request = ParseRequest(sql_statement=sql, options=options.language(), allow_script=True)
    script = analyser().call("Parse", request, ParseResponse).parsed_script
    walk = Walk(sql, parameters, tables)
    try:
        walk.statements(script.statement_list_node)
    finally:
        walk.forget()
    return walk.result


class Walk:
    """The way through a script: what it has declared and made so far, and its last result."""

    def __init__(
        self, sql: str, parameters: Mapping[str, TypeProto], tables: Mapping[str, Columns]
    ) -> None:
        self.result: Columns = []
        self._script = sql.encode()
        self._parameters = parameters
        self._tables = {
            address: columns
            for address, columns in tables.items()
            if address.partition(".")[2] in sql
        }
        self._temporary: dict[str, Columns] = {}
        self._variables: dict[str, TypeProto] = {}
        self._registered: tuple[str | None, int] = (None, 0)

    def statements(self, statements: Node) -> None:
        """Analyse each statement of a list."""
        for each in statements.statement_list:
            statement = _innermost(each)
            if each.WhichOneof("node") == "ast_script_statement_node":
                self._scripting(statement)
            else:
                self._statement(statement)

    def _scripting(self, statement: Node) -> None:
        kind = type(statement).__name__
        if kind not in SCRIPTING:
            raise AnalyserError(f"{kind}: expected one of {', '.join(SCRIPTING)}")
        SCRIPTING[kind](self, statement)

    def block(self, block: Node) -> None:
        """Analyse BEGIN … EXCEPTION … END, whose variables end with it."""
        outside = dict(self._variables)
        self.statements(block.statement_list_node)
        result = self.result
        for handler in block.handler_list.exception_handler_list:
            self._variables = dict(outside)
            self.statements(handler.statement_list)
        self._variables, self.result = outside, result

    def branches(self, branches: Node) -> None:
        """Analyse IF, ELSEIF and ELSE."""
        self._expression(branches.condition, BOOL)
        self.statements(branches.then_list)
        for branch in branches.elseif_clauses.elseif_clauses:
            self._expression(branch.condition, BOOL)
            self.statements(branch.body)
        self.statements(branches.else_list)

    def declaration(self, declaration: Node) -> None:
        """Analyse DECLARE, with a type, a default or both."""
        kind = None
        if declaration.HasField("type"):
            start, end = _extent(_innermost(declaration.type))
            name = self._script[start:end].decode()
            kind = self._select(f"CAST(NULL AS {name})", start, None)
        if declaration.HasField("default_value"):
            kind = self._expression(declaration.default_value, kind)
        for variable in declaration.variable_list.identifier_list:
            self._variables[variable.id_string] = kind or STRING

    def assignment(self, assignment: Node) -> None:
        """Analyse SET of one variable."""
        name = assignment.variable.id_string
        if name not in self._variables:
            raise AnalyserError(f"Undeclared variable: {name}")
        self._expression(assignment.expression, self._variables[name])

    def error(self, statement: Node) -> None:
        """Analyse RAISE."""
        if statement.HasField("message"):
            self._expression(statement.message, STRING)

    def _statement(self, statement: Node) -> None:
        """Analyse what is no part of the scripting language, and note what it makes."""
        start, end = _extent(statement)
        resolved = self._analyse(self._script[start:end].decode(), start)
        kind = type(resolved).__name__
        if kind == "ResolvedQueryStmtProto":
            self.result = _columns(resolved)
        elif (
            kind == "ResolvedCreateTableAsSelectStmtProto" or kind == "ResolvedCreateTableStmtProto"
        ):
            self._create(resolved.parent)
        elif kind == "ResolvedDropStmtProto":
            self._temporary.pop(resolved.name_path[-1], None)

    def _create(self, table: Node) -> None:
        if table.parent.create_scope == CreateScope.CREATE_TEMP:
            columns = [(column.name, column.type) for column in table.column_definition_list]
            self._temporary[table.parent.name_path[-1]] = columns

    def _expression(self, expression: Node, wanted: TypeProto | None) -> TypeProto:
        """Analyse an expression that has to fit a type; return its own."""
        start, end = _extent(_innermost(expression))
        return self._select(self._script[start:end].decode(), start, wanted)

    def _select(self, expression: str, start: int, wanted: TypeProto | None) -> TypeProto:
        (column,) = _columns(self._analyse(expression, start, "SELECT ", wanted))
        return wanted or column[1]

    def _analyse(
        self, part: str, start: int, before: str = "", wanted: TypeProto | None = None
    ) -> Node:
        """Return a part's resolved statement. Blanks before it keep the line of an error."""
        blanks = "".join("\n" if c == "\n" else " " for c in self._script[:start].decode())
        request = AnalyzeRequest(
            sql_statement=blanks + before + part,
            options=options.with_system_variables(options.analysis(self._parameters)),
            registered_catalog_id=self._scope(),
        )
        if wanted is not None:
            request.options.target_column_types.append(wanted)
        response = analyser().call("Analyze", request, AnalyzeResponse)
        return _innermost(response.resolved_statement)

    def _scope(self) -> int:
        """Return the id of a registered catalogue with what can be named now.

        Only the last one is kept: registering takes longer than analysing most parts.
        """
        named = str((self._temporary, self._variables))
        if named != self._registered[0]:
            self.forget()
            request = RegisterCatalogRequest(
                simple_catalog=catalogue(self._tables, self._temporary, self._variables)
            )
            response = analyser().call("RegisterCatalog", request, RegisterResponse)
            self._registered = (named, response.registered_id)
        return self._registered[1]

    def forget(self) -> None:
        """Have the analyser forget what it was told."""
        if self._registered[0] is not None:
            request = UnregisterRequest(registered_id=self._registered[1])
            analyser().call("UnregisterCatalog", request, Empty)


SCRIPTING: Mapping[str, Callable[[Walk, Node], None]] = {
    "ASTBeginEndBlockProto": Walk.block,
    "ASTIfStatementProto": Walk.branches,
    "ASTRaiseStatementProto": Walk.error,
    "ASTSingleAssignmentProto": Walk.assignment,
    "ASTVariableDeclarationProto": Walk.declaration,
}


def _columns(query: Node) -> Columns:
    return [(column.name, column.column.type) for column in query.output_column_list]


def _innermost(node: Node) -> Node:
    """Return the message in the innermost of nested choices."""
    while "node" in node.DESCRIPTOR.oneofs_by_name:
        node = getattr(node, node.WhichOneof("node"))
    return node


def _extent(node: Node) -> tuple[int, int]:
    """Return where a parsed node begins and ends, in bytes."""
    while "parse_location_range" not in node.DESCRIPTOR.fields_by_name:
        node = node.parent
    return node.parse_location_range.start, node.parse_location_range.end
