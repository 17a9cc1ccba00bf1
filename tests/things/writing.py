# SPDX-License-Identifier: EUPL-1.2
"""Writes trees of the query language as text, the opposite of the parser."""

from __future__ import annotations

from datetime import timedelta

from stadtkern.core import times
from stadtkern.things.entities import Kind
from stadtkern.things.language import tree
from stadtkern.things.language.values import Value


def of_tree(node: tree.Expression) -> str:
    """The text that reads back as the tree; each part in brackets of its own."""
    match node:
        case tree.Literal():
            return of_value(node.value)
        case tree.Path():
            return "/".join(node.names)
        case tree.Call("neg", (operand,)):
            return f"(-{of_tree(operand)})"
        case tree.Call("add" | "sub" | "mul" | "div" | "mod", (left, right)):
            return f"({of_tree(left)} {node.name} {of_tree(right)})"
        case tree.Call():
            return f"{node.name}({','.join(of_tree(item) for item in node.arguments)})"
        case tree.Compare():
            return f"({of_tree(node.left)} {node.operator} {of_tree(node.right)})"
        case tree.Among():
            return f"({of_tree(node.subject)} in ({','.join(of_tree(item) for item in node.options)}))"
        case tree.Logic():
            return "(" + f" {node.operator} ".join(of_tree(item) for item in node.operands) + ")"
        case tree.Not():
            return f"(not {of_tree(node.operand)})"
        case tree.Lambda(body=None):
            return f"{of_tree(node.path)}/{node.word}()"
        case tree.Lambda():
            return f"{of_tree(node.path)}/{node.word}({node.variable}: {of_tree(node.body or node.path)})"


def of_value(value: Value) -> str:
    """The text that reads back as the value."""
    match value.kind:
        case Kind.NULL:
            return "null"
        case Kind.BOOLEAN:
            return "true" if value.value else "false"
        case Kind.TEXT:
            return _quote(value.value)
        case Kind.GEOMETRY:
            return "geography" + _quote(value.value)
        case Kind.INSTANT:
            return times.format_instant(value.value)
        case Kind.INTERVAL:
            return "/".join(times.format_instant(moment) for moment in value.value)
        case Kind.DURATION:
            return f"duration'{_write_duration(value.value)}'"
        case Kind.DATE | Kind.TIME:
            return str(value.value.isoformat())
        case _:
            return repr(value.value)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _write_duration(length: timedelta) -> str:
    sign = "-" if length < timedelta(0) else ""
    length = abs(length)
    fraction = f".{length.microseconds:06}" if length.microseconds else ""
    return f"{sign}P{length.days}DT{length.seconds}{fraction}S"
