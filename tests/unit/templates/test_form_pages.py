from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from advisoryhub_core.advisories.content_pages import IntervalView
from advisoryhub_core.advisories.form_pages import AdvisoryForm, AdvisoryFormPage, Row, RowList, advisory_form
from advisoryhub_core.advisories.wording import Interval
from advisoryhub_core.web.pages import FormField, Moment, error_links, options
from tests.unit.templates.samples import ERRORS, PAYLOAD, PROJECT

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
EVENT = st.sampled_from(["introduced", "fixed", "last_affected", "limit"]).flatmap(
    lambda kind: st.fixed_dictionaries({kind: TEXT})
)
RANGE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["SEMVER", "ECOSYSTEM", "GIT"]),
        "repo": TEXT,
        "events": st.lists(EVENT, max_size=3),
    }
)
PAYLOADS = st.fixed_dictionaries(
    {
        "summary": TEXT,
        "details": TEXT,
        "aliases": st.lists(TEXT, max_size=2),
        "cwe_ids": st.lists(TEXT, max_size=2),
        "references": st.lists(st.fixed_dictionaries({"type": TEXT, "url": TEXT}), max_size=2),
        "severity": st.lists(st.fixed_dictionaries({"type": TEXT, "score": TEXT}), max_size=2),
        "credits": st.lists(
            st.fixed_dictionaries(
                {"name": TEXT, "type": TEXT, "contact": st.lists(TEXT.filter(bool), max_size=2)}
            ),
            max_size=2,
        ),
        "affected": st.lists(
            st.fixed_dictionaries(
                {
                    "package": st.fixed_dictionaries({"ecosystem": TEXT, "name": TEXT, "purl": TEXT}),
                    "versions": st.lists(TEXT.filter(bool), max_size=2),
                    "ranges": st.lists(RANGE, max_size=2),
                }
            ),
            max_size=2,
        ),
    }
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*PAYLOAD, "package", "events", "ranges"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def build(payload: Any, **changes: Any) -> AdvisoryForm:
    return advisory_form(payload, action="/edit", cancel_url="/", draft_key="k", **changes)


def fields_of(form: AdvisoryForm) -> dict[str, FormField]:
    found = [form.summary, form.details, *([form.project] if form.project else [])]
    pending: list[RowList] = list(form.lists.values())
    while pending:
        for row in pending.pop().rows:
            found += row.fields.values()
            pending += row.lists.values()
    return {field.name: field for field in found}


def rows_of(lists: dict[str, RowList]) -> list[Row | RowList]:
    found: list[Row | RowList] = []
    for rows in lists.values():
        found.append(rows)
        for row in rows.rows:
            found += [row, *rows_of(dict(row.lists))]
    return found


def posted(payload: dict[str, Any]) -> dict[str, str]:
    """Say what the form of a payload must post, written down independently of the form."""
    flat = {"summary": payload["summary"], "details": payload["details"]}
    for name in ("aliases", "cwe_ids"):
        flat |= {f"{name}.{i}": value for i, value in enumerate(payload[name])}
    for name in ("references", "severity"):
        for i, entry in enumerate(payload[name]):
            flat |= {f"{name}.{i}.{key}": value for key, value in entry.items()}
    for i, entry in enumerate(payload["credits"]):
        flat |= {f"credits.{i}.name": entry["name"], f"credits.{i}.type": entry["type"]}
        flat[f"credits.{i}.contact"] = "\n".join(entry["contact"])
    for i, entry in enumerate(payload["affected"]):
        flat |= {f"affected.{i}.package.{key}": value for key, value in entry["package"].items()}
        flat[f"affected.{i}.versions"] = "\n".join(entry["versions"])
        for j, item in enumerate(entry["ranges"]):
            place = f"affected.{i}.ranges.{j}"
            flat |= {f"{place}.type": item["type"], f"{place}.repo": item["repo"]}
            for k, event in enumerate(item["events"]):
                ((kind, bound),) = event.items()
                flat |= {f"{place}.events.{k}.kind": kind, f"{place}.events.{k}.version": bound}
    return flat


@given(PAYLOADS)
def test_the_fields_are_the_dotted_places_of_the_payload(payload):
    assert {name: field.value for name, field in fields_of(build(payload)).items()} == posted(payload)


@settings(max_examples=15, deadline=None)
@given(PAYLOADS)
def test_the_rendered_form_posts_what_was_stored(page, payload):
    text = page(
        "advisoryhub_templates:advisories/form_body.pt", {"page": AdvisoryFormPage(form=build(payload))}
    )
    html = BeautifulSoup(text, "html.parser")
    values = {}
    for control in html.find_all(["input", "textarea", "select"]):
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            values[control["name"]] = chosen["value"]
        else:
            # A browser drops the first line break of a text area.
            values[control["name"]] = control.get("value", control.text.removeprefix("\n"))
    expected = posted(payload)
    for name, value in expected.items():
        if not (value == "" and name.endswith(".type")):
            assert values[name] == value
    assert set(values) == {*expected, "csrf_token", "base_version"}


@given(JSON.filter(lambda value: isinstance(value, dict)))
def test_a_payload_of_any_shape_makes_a_form(payload):
    assert build(payload).summary.name == "summary"


def test_every_error_is_shown_at_one_place_and_linked_once():
    form = build(PAYLOAD, errors=ERRORS, project=PROJECT)
    fields = fields_of(form)
    at_fields = [text for field in fields.values() for text in field.errors]
    at_groups = [text for group in rows_of(dict(form.lists)) for text in group.errors]
    every = sorted(text for texts in ERRORS.values() for text in texts)
    assert sorted([*at_fields, *at_groups, "The form was sent twice."]) == every
    assert sorted(problem.text for problem in form.problems) == every
    assert fields["affected.0.ranges.0.events.1.version"].errors == tuple(
        ERRORS["affected.0.ranges.0.events.1.fixed"]
    )
    ids = (
        {field.id for field in fields.values()}
        | {group.id for group in rows_of(dict(form.lists))}
        | {"f-form"}
    )
    assert {problem.target for problem in form.problems} <= ids


def test_an_error_about_the_project_is_shown_at_the_project():
    form = build({}, errors={"project": ["Choose one of your projects."]}, project=PROJECT)
    assert form.project is not None
    assert form.project.errors == ("Choose one of your projects.",)


def test_an_error_below_a_field_links_to_the_field_above_it():
    links = error_links({"credits.0.contact.2": ["Not an address."], "x": ["Odd."]}, ["credits.0.contact"])
    assert [link.target for link in links] == ["f-credits-0-contact", "f-form"]


def test_a_stored_value_outside_the_choices_is_kept():
    assert [o.value for o in options([("a", "A")], "old") if o.selected] == ["old"]
    assert [o.value for o in options([("a", "A")], "a")] == ["a"]


def test_a_field_names_only_the_descriptions_it_has():
    assert FormField(name="a.b").describedby is None
    assert FormField(name="a.b", hint="h", errors=("e",)).describedby == "f-a-b-hint f-a-b-errors"


@pytest.mark.parametrize(
    ("interval", "view"),
    [
        (Interval(None), IntervalView("all")),
        (Interval("1"), IntervalView("onwards", "1")),
        (Interval(None, ("2", "3")), IntervalView("before", "", "2, 3")),
        (Interval("1", ("2",)), IntervalView("from-before", "1", "2")),
        (Interval(None, (), ("2",)), IntervalView("through", "", "2")),
        (Interval("1", (), ("2",)), IntervalView("from-through", "1", "2")),
    ],
)
def test_an_interval_becomes_a_sentence(interval, view):
    assert IntervalView.of(interval) == view


def test_a_moment_is_told_in_utc():
    paris = timezone(timedelta(hours=1))
    assert Moment.at(datetime(2026, 1, 1, 0, 30, tzinfo=paris)) == Moment(
        "2025-12-31T23:30:00Z", "2025-12-31 23:30 UTC"
    )
    assert Moment.at(datetime(2026, 1, 1, tzinfo=UTC)).iso == "2026-01-01T00:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        Moment.at(datetime(2026, 1, 1))  # noqa: DTZ001 - the naive datetime is what is refused
