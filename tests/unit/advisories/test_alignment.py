from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisoryhub_core.advisories.alignment import Budget, align

# Two cores are shared: a slow machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TOKENS = st.lists(st.sampled_from("abcd"), max_size=30)


def longest_common(before, after):
    row = [0] * (len(after) + 1)
    for token in before:
        previous = row
        row = [0]
        for place, other in enumerate(after):
            row.append(previous[place] + 1 if token == other else max(previous[place + 1], row[place]))
    return row[-1]


def kept(before, after, steps):
    return [block for block in align(before, after, Budget(steps)) if block.equal]


@CALM
@given(before=TOKENS, after=TOKENS, steps=st.integers(0, 200))
def test_blocks_cover_both_sides_in_order_whatever_the_budget(before, after, steps):
    a = b = 0
    equal = None
    for block in align(before, after, Budget(steps)):
        assert block.equal or equal is not False, "a change is one block"
        equal = block.equal
        assert (block.a_start, block.b_start) == (a, b)
        assert block.a_end > a or block.b_end > b
        a, b = block.a_end, block.b_end
        if block.equal:
            assert before[block.a_start : a] == after[block.b_start : b]
    assert (a, b) == (len(before), len(after))


@CALM
@given(before=st.lists(st.sampled_from("ab"), max_size=30).map(lambda tokens: tokens * 2), after=TOKENS)
def test_without_anchors_as_many_tokens_as_possible_are_kept(before, after):
    after = after * 2
    equal = sum(block.a_end - block.a_start for block in kept(before, after, 1_000_000))
    assert equal == longest_common(before, after)


def test_unique_tokens_anchor_the_alignment():
    before = ["x", "one", "x", "two", "x"]
    after = ["y", "one", "y", "two", "y"]
    assert [before[block.a_start] for block in kept(before, after, 1000)] == ["one", "two"]


def test_crossing_anchors_keep_the_longest_chain():
    before = ["1", "2", "3", "4", "5"]
    after = ["4", "1", "2", "3", "5"]
    assert sum(block.a_end - block.a_start for block in kept(before, after, 0)) == 4


def test_a_gap_beyond_its_share_is_replaced_whole():
    before, after = list("abab" * 50), list("bbaa" * 50)
    assert kept(before, after, 1_000_000)
    blocks = list(align(before, after, Budget(100)))
    assert all(not block.equal or block.a_end - block.a_start == 1 for block in blocks)


def test_a_costly_gap_leaves_something_for_the_next_one():
    costly, other = list("abab" * 50), list("bbaa" * 50)
    before = [*costly, "anchor", "p", "q", "q", "p"]
    after = [*other, "anchor", "q", "q", "r", "p"]
    budget = Budget(4000)
    blocks = [block for block in align(before, after, budget) if block.equal]
    assert "q" in {before[block.a_start] for block in blocks}
    assert 0 < budget.steps < 4000
