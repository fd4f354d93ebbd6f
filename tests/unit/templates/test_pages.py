from __future__ import annotations

import itertools
from pathlib import Path

import advisoryhub_templates
import pytest
from bs4 import BeautifulSoup, Tag
from chameleon.zpt.template import PageTemplateFile

from tests.unit.templates.cases import Case, cases
from tests.unit.templates.samples import HOSTILE

CASES = list(cases())
PAGES = [case for case in CASES if not case.fragment]
SOURCES = sorted(Path(advisoryhub_templates.__path__[0]).rglob("*.pt"))
MACROS_ONLY = {"layout.pt", "forms.pt", "components.pt", "parts.pt", "cvss.pt", "form_rows.pt"}
# Mail programs know no stylesheet of ours, and no content security policy.
MAILS = {"notification.pt"}

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_page = pytest.mark.parametrize("case", PAGES, ids=lambda case: case.name)


def soup(page, case: Case) -> BeautifulSoup:
    return BeautifulSoup(page(case.template, case.context, **case.changes), "html.parser")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_template_compiles_and_pages_have_a_sample(source):
    PageTemplateFile(str(source)).cook_check()
    rendered = {case.template.rpartition("/")[2].rpartition(":")[2] for case in CASES}
    assert source.name in rendered | MACROS_ONLY | MAILS


@each_page
def test_a_page_has_one_heading_a_title_and_its_landmarks(page, case):
    html = soup(page, case)
    assert len(html.find_all("h1")) == 1
    assert html.h1.get_text(strip=True)
    title, _, site = html.title.get_text().rpartition("·")
    assert title.strip()
    assert site.strip() == "AdvisoryHub"
    assert html.html["lang"] == "en"
    assert [len(html.find_all(name)) for name in ("main", "footer")] == [1, 1]
    assert html.find("a", class_="skip")["href"] == "#content"


@each_page
def test_headings_leave_out_no_level(page, case):
    levels = [int(tag.name[1]) for tag in soup(page, case).find_all(["h1", "h2", "h3", "h4"])]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@each_case
def test_nothing_inline_gets_past_the_content_security_policy(page, case):
    for tag in soup(page, case).find_all(True):
        assert tag.name != "style"
        assert tag.get("style") is None
        assert [name for name in tag.attrs if name.startswith("on")] == []
        if tag.name == "script":
            assert tag["nonce"] == "test-nonce"
            assert tag["src"]
            assert tag.get_text() == ""


@each_case
def test_ids_are_unique_and_every_reference_to_one_has_a_target(page, case):
    html = soup(page, case)
    ids = [tag["id"] for tag in html.find_all(id=True)]
    assert len(ids) == len(set(ids))
    references = [
        reference
        for tag in html.find_all(True)
        for name in ("for", "list", "aria-labelledby", "aria-describedby", "data-open")
        for reference in tag.get(name, "").split()
    ]
    anchors = [tag["href"][1:] for tag in html.find_all("a", href=True) if tag["href"].startswith("#")]
    # A fragment's dialogs and datalists are on the page around it.
    missing = set(references + anchors) - set(ids)
    assert not missing if not case.fragment else missing <= {"ecosystems", "weaknesses", "act-publish"}


@each_case
def test_every_input_has_a_label(page, case):
    html = soup(page, case)
    labelled = {tag["for"] for tag in html.find_all("label", attrs={"for": True})}
    for control in html.find_all(["input", "select", "textarea"]):
        if control.get("type") == "hidden":
            continue
        named = control.get("aria-label") or control.get("id") in labelled or control.find_parent("label")
        assert named, control


@each_case
def test_every_button_and_link_has_a_name(page, case):
    for tag in soup(page, case).find_all(["button", "a", "summary"]):
        assert tag.get_text(strip=True) or tag.get("aria-label"), tag


@each_case
def test_every_form_that_changes_something_carries_the_token(page, case):
    for form in soup(page, case).find_all("form", method="post"):
        assert form.find("input", attrs={"name": "csrf_token"})["value"] == "csrf-token-value"


@each_case
def test_tables_say_what_they_hold(page, case):
    for table in soup(page, case).find_all("table"):
        assert table.caption.get_text(strip=True)
        assert all(header.get("scope") for header in table.find_all("th"))


@each_case
def test_nothing_unresolved_is_shown(page, case):
    text = page(case.template, case.context, **case.changes).replace(HOSTILE, "")
    shown = BeautifulSoup(text, "html.parser").get_text(" ")
    assert "None of" not in shown.replace("None (", "")
    for word in ("${", "{'", "<built-in", "object at 0x"):
        assert word not in shown.replace("${1/0}", "")


def test_what_people_wrote_is_text_and_never_markup(page):
    case = next(case for case in CASES if case.name == "detail-hostile")
    html = soup(page, case)
    assert all(script.get("src") for script in html.find_all("script"))
    assert HOSTILE in html.h1.get_text()
    assert HOSTILE in html.title.get_text()
    assert html.find("a", href=f"https://example.org/{HOSTILE}") is not None


def test_the_error_summary_links_each_error_to_its_field(page):
    html = soup(page, next(case for case in CASES if case.name == "form-errors"))
    links = html.find(attrs={"data-error-summary": True}).find_all("a")
    targets = {link.get_text(): link["href"] for link in links}
    assert targets["This vector lacks the metric A."] == "#f-severity-0-score"
    field = html.find(id="f-severity-0-score")
    assert field["aria-invalid"] == "true"
    described = " ".join(html.find(id=part).get_text() for part in field["aria-describedby"].split())
    assert "This vector lacks the metric A." in described


def test_only_the_field_asked_for_is_focused(page):
    html = soup(page, next(case for case in CASES if case.name == "form-errors"))
    assert [tag["id"] for tag in html.find_all(autofocus=True)] == ["f-summary"]


def test_the_first_button_of_the_form_saves_so_that_enter_does(page):
    html = soup(page, next(case for case in CASES if case.name == "form-edit"))
    first = html.find(id="advisory-form").find("button")
    assert (first["name"], first["value"]) == ("act", "save")


def test_rows_come_and_go_by_ordinary_buttons_that_htmx_posts_too(page):
    html = soup(page, next(case for case in CASES if case.name == "form-edit"))
    acts = {button["value"]: button for button in html.find_all("button", attrs={"name": "act"})}
    for act in (
        "add:references",
        "add:affected.0.ranges",
        "remove:affected.0.ranges.1",
        "add:affected.0.ranges.0.events",
    ):
        assert acts[act]["type"] == "submit"
        assert acts[act]["hx-post"] == html.find(id="advisory-form")["action"]


def test_only_the_chosen_options_and_radios_are_chosen(page):
    html = soup(page, next(case for case in CASES if case.name == "history"))
    chosen = {tag["name"]: tag["value"] for tag in html.find_all("input", checked=True)}
    assert chosen == {"against": "5", "version": "6"}


def test_a_severity_is_told_by_words_and_not_by_colour_alone(page):
    html = soup(page, next(case for case in CASES if case.name == "list"))
    told = [tag.get_text(" ", strip=True) for tag in html.find_all(class_="severity")]
    assert told == ["Not rated", "Critical 9.1", "High 7.5", "Medium 5.9", "Low 3.1", "None", "High 8.8"]


def test_the_two_sides_of_a_difference_hold_their_own_text(page):
    html = soup(page, next(case for case in CASES if case.name == "diff-side"))
    before, after = html.find(id="change-summary").find_parent("section").find_all("pre")
    assert before.get_text() == "Request smuggling in the parser"
    assert after.get_text().startswith("Request smuggling through malformed chunk")


def test_ranges_are_told_in_sentences(page):
    html = soup(page, next(case for case in CASES if case.name == "detail"))
    told = [" ".join(item.get_text(" ", strip=True).split()) for item in html.select(".ranges li")]
    assert told[:2] == ["Before 10.0.24", "From 11.0.0 up to and including 11.0.24 semantic versions"]
    assert told[-1] == "From 2.0.0 onwards, no fix known semantic versions"


def test_signing_in_comes_back_to_the_page(page):
    html = soup(page, next(case for case in CASES if case.name == "home"))
    link = html.find("header").find("a", class_="button")
    assert link["href"] == "/oidc/authenticate/?next=%2Fadvisories%2F"


def test_macros_of_other_templates_are_translated_too(translated_page):
    html = soup(translated_page, next(case for case in CASES if case.name == "detail"))
    told: list[Tag] = html.find_all("h2")
    untranslated = [tag.get_text(strip=True) for tag in told if not tag.get_text(strip=True).startswith("⟦")]
    assert untranslated == ["Comments", "Review", "Dismiss"]
