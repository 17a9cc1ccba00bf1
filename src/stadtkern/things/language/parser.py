# SPDX-License-Identifier: EUPL-1.2
"""Read the tokens of `$filter` and `$orderby` into a tree by recursive descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from stadtkern.things.language import lexer, values
from stadtkern.things.language.lexer import Sort, Token
from stadtkern.things.language.problems import InvalidQuery, QueryTooLarge
from stadtkern.things.language.tree import (
    Among,
    Call,
    Compare,
    Expression,
    Lambda,
    Literal,
    Logic,
    Not,
    Order,
    Path,
)

T = TypeVar("T")
MAX_DEPTH = 32
MAX_NODES = 250
_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_SUMS = frozenset({"add", "sub"})
_PRODUCTS = frozenset({"mul", "div", "mod"})


def expression(text: str, *, where: str = "$filter") -> Expression:
    """Read one expression. Raises InvalidQuery, QueryTooLarge."""
    parser = _Parser(text, where=where)
    tree = parser.disjunction()
    parser.finish()
    return tree


def orders(text: str, *, where: str = "$orderby") -> tuple[Order, ...]:
    """Read a list of sort keys."""
    parser = _Parser(text, where=where)
    found = [parser.order()]
    while parser.take(","):
        found.append(parser.order())
    parser.finish()
    if len(found) > 8:
        raise QueryTooLarge(f"{len(found)} sort keys; at most 8 are taken", where=where)
    return tuple(found)


class _Parser:
    def __init__(self, text: str, *, where: str):
        self._tokens = lexer.tokens(text, where=where)
        self._where = where
        self._next = 0
        self._depth = 0
        self._nodes = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def take(self, mark: str) -> bool:
        if self._token.sort is Sort.MARK and self._token.text == mark:
            self._next += 1
            return True
        return False

    def finish(self) -> None:
        if self._token.sort is not Sort.END:
            raise self._unexpected("the end or an operator such as eq, and, or")

    def order(self) -> Order:
        key = self._sum()
        if self._token.sort is Sort.WORD and self._token.text in ("asc", "desc"):
            self._next += 1
            return Order(key, self._tokens[self._next - 1].text == "desc")
        return Order(key)

    def disjunction(self) -> Expression:
        return self._logic("or", lambda: self._logic("and", self._negation))

    def _logic(self, word: str, operand: Callable[[], Expression]) -> Expression:
        at = self._token.at
        found = [operand()]
        while self._word(word):
            found.append(operand())
        return found[0] if len(found) == 1 else self._count(Logic(word, tuple(found), at))

    def _negation(self) -> Expression:
        at = self._token.at
        if self._word("not"):
            return self._count(Not(self._deeper(self._negation), at))
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum()
        token = self._token
        if token.sort is Sort.WORD and token.text in _COMPARISONS:
            self._next += 1
            return self._count(Compare(token.text, left, self._sum(), token.at))
        if self._word("in"):
            if self._token.text != "(":
                return self._count(Call("in", (left, self._sum()), token.at))
            return self._count(Among(left, self._arguments(), token.at))
        return left

    def _sum(self) -> Expression:
        return self._chain(_SUMS, lambda: self._chain(_PRODUCTS, self._sign))

    def _chain(self, words: frozenset[str], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while self._token.sort is Sort.WORD and self._token.text in words:
            token = self._token
            self._next += 1
            left = self._count(Call(token.text, (left, operand()), token.at))
        return left

    def _sign(self) -> Expression:
        at = self._token.at
        if self.take("-"):
            return self._count(Call("neg", (self._deeper(self._sign),), at))
        return self._primary()

    def _primary(self) -> Expression:
        token = self._token
        if self.take("("):
            inner = self._deeper(self.disjunction)
            self._expect(")")
            return inner
        if token.sort is Sort.WORD:
            return self._named()
        if token.sort in (Sort.MARK, Sort.INDEX, Sort.END):
            raise self._unexpected("a property, a value or a function")
        self._next += 1
        return self._count(Literal(values.of_token(token, where=self._where), token.at))

    def _named(self) -> Expression:
        token = self._token
        self._next += 1
        following = self._token
        if following.text == "(" and following.sort is Sort.MARK:
            return self._count(Call(token.text, self._deeper(self._arguments), token.at))
        value = values.of_word(token.text)
        if value is not None and following.text != "/":
            return self._count(Literal(value, token.at))
        return self._path(token)

    def _path(self, first: Token) -> Expression:
        names = [first.text]
        while self.take("/") or self._token.sort is Sort.INDEX:
            part = self._token
            if part.sort in (Sort.WORD, Sort.NUMBER):
                names.append(part.text)
            elif part.sort is Sort.INDEX:
                names.append(part.text[1:-1])
            elif part.sort is Sort.TEXT:
                names.append(str(values.of_token(part, where=self._where).value))
            else:
                raise self._unexpected("a name after the slash")
            self._next += 1
        if len(names) > 12:
            raise QueryTooLarge(f"a path of {len(names)} names; at most 12 are taken", where=self._where)
        if len(names) > 1 and names[-1] in ("any", "all") and self.take("("):
            path = Path(tuple(names[:-1]), first.at)
            return self._count(self._deeper(lambda: self._quantifier(names[-1], path)))
        return self._count(Path(tuple(names), first.at))

    def _quantifier(self, word: str, path: Path) -> Expression:
        if word == "any" and self.take(")"):
            return Lambda(word, path, "", None, path.at)
        variable = self._token
        if variable.sort is not Sort.WORD or not variable.text.isidentifier():
            raise self._unexpected(f"a variable, as in {word}(x: x/id gt 1),")
        self._next += 1
        self._expect(":")
        body = self.disjunction()
        self._expect(")")
        return Lambda(word, path, variable.text, body, path.at)

    def _arguments(self) -> tuple[Expression, ...]:
        self._expect("(")
        if self.take(")"):
            return ()
        found = [self.disjunction()]
        while self.take(","):
            found.append(self.disjunction())
        self._expect(")")
        return tuple(found)

    def _word(self, word: str) -> bool:
        if self._token.sort is Sort.WORD and self._token.text == word:
            self._next += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self.take(mark):
            raise self._unexpected(f"`{mark}`")

    def _deeper(self, rule: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryTooLarge(f"nested more than {MAX_DEPTH} deep", where=self._where)
        result = rule()
        self._depth -= 1
        return result

    def _count(self, node: T) -> T:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise QueryTooLarge(f"more than {MAX_NODES} values, names and operators", where=self._where)
        return node

    def _unexpected(self, wanted: str) -> InvalidQuery:
        token = self._token
        found = f"{token.text[:40]!r}" if token.text else "the end"
        return InvalidQuery(f"expected {wanted} at position {token.at}, found {found}", where=self._where)
