"""Align two sequences of tokens at a cost that is bounded whatever the input.

Unique common tokens are taken as anchors first (patience), the gaps between them are aligned by
Myers' greedy algorithm. Its worst case is quadratic, so that all gaps draw on one budget of steps: a
gap that would exceed its share is reported as replaced whole.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass
class Budget:
    """Comparison steps that may still be made."""

    steps: int

    def share(self) -> int:
        """Return what one gap may spend: half, so that a costly gap leaves something for the next ones."""
        return self.steps // 2


@dataclass(frozen=True)
class Block:
    """`before[a_start:a_end]` became `after[b_start:b_end]`; `equal` blocks hold the same tokens."""

    equal: bool
    a_start: int
    a_end: int
    b_start: int
    b_end: int


@dataclass(frozen=True)
class _Match:
    a: int
    b: int
    length: int


@dataclass(frozen=True)
class _Pair:
    """The two sequences, and the window of both that is looked at."""

    before: Sequence[str]
    after: Sequence[str]
    a: int
    a_end: int
    b: int
    b_end: int

    def window(self, a: int, a_end: int, b: int, b_end: int) -> _Pair:
        return _Pair(self.before, self.after, a, a_end, b, b_end)

    def common_prefix(self, a: int, b: int) -> int:
        length = 0
        longest = min(self.a_end - a, self.b_end - b)
        while length < longest and self.before[a + length] == self.after[b + length]:
            length += 1
        return length

    def common_suffix(self) -> int:
        length = 0
        longest = min(self.a_end - self.a, self.b_end - self.b)
        while (
            length < longest and self.before[self.a_end - 1 - length] == self.after[self.b_end - 1 - length]
        ):
            length += 1
        return length


def align(before: Sequence[str], after: Sequence[str], budget: Budget) -> Iterator[Block]:
    """Yield blocks that cover both sequences completely and in order.

    Time and memory are linear (with a logarithm for the anchors) in the lengths, plus what is spent
    of `budget`, which is reduced by it.
    """
    pair = _Pair(before, after, 0, len(before), 0, len(after))
    head = pair.common_prefix(0, 0)
    tail = pair.window(head, len(before), head, len(after)).common_suffix()
    inner = pair.window(head, len(before) - tail, head, len(after) - tail)
    matches = [_Match(0, 0, head), *_matches(inner, budget), _Match(inner.a_end, inner.b_end, tail)]
    return _blocks(matches, len(before), len(after))


def _blocks(matches: list[_Match], a_length: int, b_length: int) -> Iterator[Block]:
    a = b = 0
    for match in [*(match for match in matches if match.length), _Match(a_length, b_length, 0)]:
        if match.a > a or match.b > b:
            yield Block(equal=False, a_start=a, a_end=match.a, b_start=b, b_end=match.b)
        a, b = match.a + match.length, match.b + match.length
        if match.length:
            yield Block(equal=True, a_start=match.a, a_end=a, b_start=match.b, b_end=b)


def _matches(pair: _Pair, budget: Budget) -> Iterator[_Match]:
    a, b = pair.a, pair.b
    for anchor_a, anchor_b in [*_anchors(pair), (pair.a_end, pair.b_end)]:
        if anchor_a < a or anchor_b < b:
            continue
        yield from _shortest_edit(pair.window(a, anchor_a, b, anchor_b), budget)
        length = pair.common_prefix(anchor_a, anchor_b)
        yield _Match(anchor_a, anchor_b, length)
        a, b = anchor_a + length, anchor_b + length


def _anchors(pair: _Pair) -> list[tuple[int, int]]:
    once = _unique(pair.before, pair.a, pair.a_end)
    there = _unique(pair.after, pair.b, pair.b_end)
    return _longest_increasing([(place, there[token]) for token, place in once.items() if token in there])


def _unique(tokens: Sequence[str], start: int, end: int) -> dict[str, int]:
    counts = Counter(tokens[start:end])
    return {tokens[place]: place for place in range(start, end) if counts[tokens[place]] == 1}


def _longest_increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest chain of `pairs`, sorted by the first number, that is sorted by the second too."""
    smallest: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(smallest, place)
        previous.append(ends[length - 1] if length else -1)
        smallest[length : length + 1] = [place]
        ends[length : length + 1] = [index]
    chain = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _shortest_edit(pair: _Pair, budget: Budget) -> list[_Match]:
    """Return the matches of a shortest edit script, or none if it would cost more than the share.

    Row d of `rows` holds how far each diagonal gets with d edits; its entry i is diagonal 2i - d.
    """
    width, height = pair.a_end - pair.a, pair.b_end - pair.b
    if not width or not height:
        return []
    share = left = budget.share()
    rows = [array("l", [0])]
    matches: list[_Match] | None = None
    while matches is None and left > 0:
        distance = len(rows) - 1
        row = array("l")
        for i in range(distance + 1):
            start = _entry(rows[-1], i, distance)
            diagonal = 2 * i - distance
            snake = pair.common_prefix(pair.a + start, pair.b + start - diagonal)
            left -= 1 + snake
            row.append(start + snake)
            if start + snake == width and start + snake - diagonal == height:
                matches = _backtrack(pair, [*rows, row], i)
                break
        rows.append(row)
    budget.steps -= share - left
    return matches or []


def _is_down(previous: Sequence[int], i: int, distance: int) -> bool:
    return i == 0 or (i != distance and previous[i - 1] < previous[i])


def _entry(previous: Sequence[int], i: int, distance: int) -> int:
    """Return where diagonal i of this row starts: below its neighbour, or one to the right of the other."""
    return previous[i] if _is_down(previous, i, distance) else previous[i - 1] + 1


def _backtrack(pair: _Pair, rows: list[array[int]], i: int) -> list[_Match]:
    matches: list[_Match] = []
    for distance in range(len(rows) - 2, -1, -1):
        previous = rows[distance]
        start = _entry(previous, i, distance)
        y = start - (2 * i - distance)
        matches.append(_Match(pair.a + start, pair.b + y, rows[distance + 1][i] - start))
        i = i if _is_down(previous, i, distance) else i - 1
    return matches[::-1]
