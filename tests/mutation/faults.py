"""Which faults a module can have: each changes one place of its syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TOLD = frozenset(("message", "text", "shown", "what", "why"))  # variables that hold prose

Change = Callable[[ast.AST], None]


@dataclass(frozen=True)
class Fault:
    """One fault: `where` is the path to its function, "" for the module's own lines."""

    path: Path
    where: str
    line: int
    what: str
    number: int  # of the node in the walk
    variant: int

    @property
    def name(self) -> str:
        """File, function and change, as the list of equivalent ones names it."""
        return f"{self.path.name}: {self.where}: {self.what}"

    def tree(self) -> ast.Module:
        """The module with the fault."""
        made = ast.parse(self.path.read_text(encoding="utf-8"))
        for node, _, number in _nodes(made):
            if number == self.number:
                list(_changes(node))[self.variant][1](node)
                return ast.fix_missing_locations(made)
        raise LookupError(self.name)


def faults(path: Path) -> Iterator[Fault]:
    """All faults of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, where, number in _nodes(tree):
        for variant, (what, _) in enumerate(_changes(node)):
            yield Fault(path, where, getattr(node, "lineno", 0), what, number, variant)


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, str, int]]:
    """Nodes of function bodies in a fixed order; no annotation, docstring or message."""
    count = 0
    for where, function in _functions(tree, ""):
        for statement in function.body:
            for node in _inside(statement):
                count += 1
                yield node, where, count


def _functions(
    tree: ast.Module | ast.ClassDef, path: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, _FUNCTIONS):
            yield f"{path}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{path}{node.name}.")


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr) or _is_prose(node):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":  # of zip: an assertion
        return
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _inside(child)


def _is_prose(node: ast.AST) -> bool:
    """A docstring, or a variable that holds a message."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    names = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(each, ast.Name) and each.id in _TOLD for each in names)


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can go wrong at a node: in words, and done in place."""
    before = ast.unparse(node).partition("\n")[0][:70] if _is_code(node) else ""
    for made, change in _raw(node):
        trial = copy.deepcopy(node)
        change(trial)
        after = ast.unparse(trial).partition("\n")[0][:70]
        yield (f"{before} -> {made or after}", change)


def _is_code(node: ast.AST) -> bool:
    return isinstance(node, ast.expr | ast.stmt | ast.comprehension)


def _raw(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _COMPARE:
            yield "", lambda n: n.ops.__setitem__(0, _COMPARE[type(n.ops[0])]())  # type: ignore[attr-defined]
        case ast.BoolOp():
            yield "", _swap_bool
            for place in range(len(node.values)):
                yield "", lambda n, at=place: _drop_operand(n, at)
        case ast.UnaryOp(op=ast.Not()):
            yield "", _drop_not
        case ast.BinOp() if type(node.op) in _BINARY:
            yield "", lambda n: setattr(n, "op", _BINARY[type(n.op)]())  # type: ignore[attr-defined]
        case ast.Constant(value=bool(value)):
            yield "", lambda n, v=value: setattr(n, "value", not v)
        case ast.Constant(value=int(value)):
            yield "", lambda n, v=value: setattr(n, "value", v + 1)
        case ast.Constant(value=str(value)) if value and " " not in value:
            yield "", lambda n, v=value: setattr(n, "value", v + "?")
        case ast.Call(func=ast.Name(id=name)) if name in _NAMES:
            yield "", lambda n, other=_NAMES[name]: setattr(n.func, "id", other)
        case ast.If() | ast.IfExp() | ast.While():
            yield "", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))  # type: ignore[attr-defined]
        case ast.comprehension(ifs=[_, *_]):
            yield "without its condition", lambda n: setattr(n, "ifs", [])
        case ast.Continue():
            yield "break", _to_break
        case ast.Expr(value=ast.Call()) | ast.Expr(value=ast.Yield()) | ast.AugAssign():
            yield "nothing", _to_nothing
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield "return None", lambda n: setattr(n, "value", ast.Constant(None))


def _swap_bool(node: ast.AST) -> None:
    assert isinstance(node, ast.BoolOp)
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _drop_operand(node: ast.AST, at: int) -> None:
    assert isinstance(node, ast.BoolOp)
    del node.values[at]
    if len(node.values) == 1:  # a chain of one is not allowed
        node.values.append(node.values[0])


def _drop_not(node: ast.AST) -> None:
    assert isinstance(node, ast.UnaryOp)
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _become(node: ast.AST, other: ast.stmt) -> None:
    node.__class__ = other.__class__  # type: ignore[assignment]
    for name in [name for name in vars(node) if name not in ("lineno", "col_offset")]:
        delattr(node, name)
    vars(node).update(vars(other))


def _to_break(node: ast.AST) -> None:
    _become(node, ast.Break())


def _to_nothing(node: ast.AST) -> None:
    _become(node, ast.Pass())
