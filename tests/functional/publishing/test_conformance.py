"""Real records, published by a worker and read back from the branch, before the formats' own judges."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema_rs
import pytest
from bs4 import BeautifulSoup
from csaf.csaf.v20 import validate as run_csaf_tests
from cvelib.cve_api import CveRecord
from sqlalchemy import select

from advisoryhub_core.advisories.payload.forms import form_fields, from_form
from advisoryhub_core.advisories.payload.osv_import import from_osv
from advisoryhub_core.advisories.payload.schema import PayloadInvalid, validate
from advisoryhub_core.advisories.services import create_advisory
from advisoryhub_core.advisories.settings import ID_PREFIX
from advisoryhub_core.advisories.states import State
from advisoryhub_core.jobs.context import TaskContext
from advisoryhub_core.projects.models import Project
from advisoryhub_core.workflows.cves import assign_cve
from advisoryhub_publishing import services, tasks
from advisoryhub_publishing.models import PublicationTask, TaskStatus
from tests.support.hub import Hub, csrf, good_payload

OSV_SCHEMAS = ("osv-schema-1.7.5.json", "osv-schema-main-2026-07.json")
MANDATORY_CSAF_TESTS = 30
"""At least so many of section 6.1 have to have been run."""

# What readiness asks for and some of the records do not have, word for word.
LACKING_SUMMARY = "A summary that the record has not"
LACKING_DETAILS = "Details that the record has not."
LACKING_AFFECTED = {
    "package": {"ecosystem": "SUSE:Linux Enterprise Server 15", "name": "not-named"},
    "ranges": [],
    "versions": ["1"],
}
LACKING_SEVERITY = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}
LACKING_REASON = "\n\n## Severity\n\nThe record rates nothing."
LACKING_REFERENCE = {"type": "WEB", "url": "https://example.org/record"}


@dataclass(frozen=True)
class Published:
    """One record on its way: what was imported, and what the hub made of it."""

    name: str
    record: dict[str, Any]
    payload: dict[str, Any]
    advisory_id: str
    cve_id: str | None


@dataclass(frozen=True)
class Branch:
    """Everything that the worker left behind: files by path, subjects of commits, tasks' outcomes."""

    advisories: Sequence[Published]
    files: Mapping[str, bytes]
    commits: Sequence[str]
    outcomes: Mapping[str, tuple[State, TaskStatus, str]]

    def documents(self, folder: str) -> dict[str, dict[str, Any]]:
        """Return the parsed documents of one format by path."""
        return {
            path: json.loads(content)
            for path, content in self.files.items()
            if path.startswith(f"{folder}/") and path.endswith(".json")
        }


def git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], check=True, capture_output=True).stdout


def files_of(repository: Path) -> dict[str, bytes]:
    names = git(repository, "ls-tree", "-r", "-z", "--name-only", "main").decode().split("\0")
    return {name: git(repository, "cat-file", "blob", f"main:{name}") for name in names if name}


def commits_of(repository: Path) -> list[str]:
    return git(repository, "log", "--reverse", "--format=%s", "main").decode().splitlines()


def publish(hub: Hub, advisory_id: str, by: int) -> int:
    with hub.acting_for(by) as act:
        return services.publish(act, hub.pk(advisory_id)).id


def outcome_of(hub: Hub, advisory_id: str) -> tuple[State, TaskStatus, str]:
    with hub.system() as act:
        task = services.last_task(act.db, hub.row(act, advisory_id).id)
        assert task is not None
        return task.advisory.state, task.status, task.error


def completed(record: Mapping[str, Any], *, numbered: bool) -> dict[str, Any]:
    """Return the imported fields of a record, with what it lacks for publication added."""
    fields = from_osv(record)
    fields["summary"] = fields["summary"] or LACKING_SUMMARY
    fields["details"] = fields["details"] or LACKING_DETAILS
    fields["affected"] = fields["affected"] or [LACKING_AFFECTED]
    if not fields["severity"] and numbered:
        fields["severity"] = [LACKING_SEVERITY]
    elif not fields["severity"]:
        fields["details"] += LACKING_REASON
    if numbered:
        fields["references"] = fields["references"] or [LACKING_REFERENCE]
    return fields


def number_for(record: Mapping[str, Any], index: int) -> str:
    """Return the record's own CVE number, or one that is nobody's."""
    ids = [record["id"], *(record.get("aliases") or ())]
    return next((name for name in ids if name.startswith("CVE-")), f"CVE-2026-{10000 + index}")


def imported(hub: Hub, project: str, shared: Path) -> list[Published]:
    """Write a draft for each sample; every second one gets a CVE number from an administrator."""
    member, admin = hub.member(project), hub.admin()
    samples = [
        *sorted((shared / "samples/osv").glob("*.json")),
        *sorted((shared / "samples/ghsa-to-osv").glob("*.osv.json")),
    ]
    found = []
    for index, path in enumerate(samples):
        record = json.loads(path.read_bytes())
        number = number_for(record, index) if index % 2 else None
        payload = completed(record, numbered=number is not None)
        with hub.acting_for(member) as act:
            where = act.db.scalars(select(Project).where(Project.slug == project)).one()
            advisory_id = create_advisory(act, where, payload).advisory_id
        if number:
            with hub.acting_for(admin) as act:
                assign_cve(act, hub.pk(advisory_id), number)
        publish(hub, advisory_id, member)
        found.append(Published(path.name, record, payload, advisory_id, number))
    return found


@pytest.fixture(scope="module")
def branch(
    registry: Any, postgres: Any, provider: Any, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Branch:
    """All samples published once; nothing of that hub is left but what it wrote."""
    with Hub.on_copy(registry, postgres, provider, tmp_path_factory.mktemp("conformance")) as hub:
        advisories = imported(hub, hub.project(mature=True), shared_data)
        assert hub.run_jobs("publishing") == len(advisories)
        return Branch(
            advisories,
            files_of(hub.repository),
            commits_of(hub.repository),
            {one.advisory_id: outcome_of(hub, one.advisory_id) for one in advisories},
        )


@pytest.fixture(scope="module", params=OSV_SCHEMAS)
def osv_judge(request: pytest.FixtureRequest, registry: Any, shared_data: Path) -> jsonschema_rs.Validator:
    """The official schema with formats on, and the configured prefix as one more of the registered."""
    schema = json.loads((shared_data / "schemas" / request.param).read_bytes())
    prefix = schema["$defs"]["prefix"]
    assert prefix["pattern"].count("(ASB-A|") == 1
    prefix["pattern"] = prefix["pattern"].replace("(ASB-A|", f"({ID_PREFIX.of(registry)}|ASB-A|")
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def test_every_record_was_published_in_a_commit_of_its_own(branch: Branch) -> None:
    assert len(branch.advisories) >= 20
    assert sum(one.cve_id is not None for one in branch.advisories) == len(branch.advisories) // 2
    good = (State.PUBLISHED, TaskStatus.SUCCEEDED, "")
    names = {one.advisory_id: one.name for one in branch.advisories}
    assert {names[key]: found for key, found in branch.outcomes.items() if found != good} == {}
    assert branch.commits == [f"Publish advisory {one.advisory_id}" for one in branch.advisories]


def test_the_branch_holds_the_documents_of_each_advisory_and_no_others(branch: Branch) -> None:
    osv = {document["id"] for document in branch.documents("osv").values()}
    csaf = {document["document"]["tracking"]["id"] for document in branch.documents("csaf").values()}
    cve = {document["cveMetadata"]["cveId"] for document in branch.documents("cves").values()}
    assert osv == csaf == {one.advisory_id for one in branch.advisories}
    assert cve == {one.cve_id for one in branch.advisories if one.cve_id}
    assert len(branch.documents("osv")) == len(branch.documents("csaf")) == len(branch.advisories)


@pytest.mark.invariant("INV-PUB-6")
def test_osv_records_pass_the_official_schema(branch: Branch, osv_judge: jsonschema_rs.Validator) -> None:
    documents = branch.documents("osv")
    for path, document in documents.items():
        assert path.endswith(f"/{document['id']}.json")
    found = {
        path: [f"{error.instance_path}: {error.message}" for error in osv_judge.iter_errors(document)]
        for path, document in documents.items()
        if not osv_judge.is_valid(document)
    }
    assert found == {}
    spoilt = dict(next(iter(documents.values())))
    for name, value in {"modified": "2026-02-30T00:00:00Z", "id": "NOBODY-1"}.items():
        assert not osv_judge.is_valid(spoilt | {name: value}), f"the judge is blind to {name}"


def test_osv_records_say_what_the_imported_ones_said(branch: Branch) -> None:
    published = {document["id"]: document for document in branch.documents("osv").values()}
    for one in branch.advisories:
        document = published[one.advisory_id]
        kept = validate(one.payload)
        for field in ("summary", "details", "severity", "affected", "credits"):
            assert document.get(field, []) == without_empty(kept[field]), (one.name, field)
        own = {one.record["id"], *(one.record.get("aliases") or ()), *filter(None, [one.cve_id])}
        assert {name.upper() for name in document["aliases"]} == {name.upper() for name in own}, one.name
        assert events(document) == events(one.record) or not one.record.get("affected"), one.name


def without_empty(value: Any) -> Any:
    """Return a value without the empty lists that an exported document leaves out."""
    if isinstance(value, list):
        return [without_empty(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: without_empty(entry) for key, entry in value.items() if entry != []}
    return value


def events(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return every event of a record as package, kind and version, in a fixed order."""
    return sorted(
        (entry.get("package", {}).get("name", ""), kind, version)
        for entry in record.get("affected") or ()
        for item in entry.get("ranges") or ()
        for event in item["events"]
        for kind, version in event.items()
    )


@pytest.mark.invariant("INV-PUB-6")
def test_csaf_documents_pass_the_schema_and_every_mandatory_test(branch: Branch) -> None:
    for path, document in branch.documents("csaf").items():
        report = run_csaf_tests(document, preset="mandatory")
        failed = {
            result.id: [f"{error.instance_path}: {error.message}" for error in result.errors]
            for result in report.results
            if not result.passed and not result.skipped
        }
        assert failed == {}, path
        ran = {result.id for result in report.results if not result.skipped}
        assert "schema" in ran
        assert len([name for name in ran if name.startswith("6.1.")]) >= MANDATORY_CSAF_TESTS


@pytest.mark.invariant("INV-PUB-6")
def test_csaf_files_are_named_as_section_5_1_says_and_know_their_address(
    branch: Branch, registry: Any
) -> None:
    for path, document in branch.documents("csaf").items():
        tracking = document["document"]["tracking"]
        assert PurePosixPath(path).name == re.sub(r"[^+\-a-z0-9]+", "_", tracking["id"].lower()) + ".json"
        self_references = [
            entry for entry in document["document"]["references"] if entry["category"] == "self"
        ]
        assert f"{registry.settings['publishing.base_url']}/{path}" in {
            entry["url"] for entry in self_references
        }


@pytest.mark.invariant("INV-PUB-6")
def test_cve_records_pass_the_schema_of_cvelib(branch: Branch) -> None:
    summaries = {one.cve_id: one.payload["summary"] for one in branch.advisories}
    for path, record in branch.documents("cves").items():
        CveRecord.validate(record, CveRecord.Schemas.V5_SCHEMA)
        number = record["cveMetadata"]["cveId"]
        _cve, year, sequence = number.split("-")
        assert path == f"cves/{year}/{sequence[:-3]}xxx/{number}.json"
        title = record["containers"]["cna"]["title"]
        assert summaries[number].startswith(title.removesuffix("…")), path


def test_files_are_indented_text_in_utf_8_that_ends_with_a_newline(branch: Branch) -> None:
    for path, content in branch.files.items():
        assert content == (json.dumps(json.loads(content), indent=2, ensure_ascii=False) + "\n").encode(), (
            path
        )


def test_the_same_task_commits_once_and_a_new_one_is_a_new_revision(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    first = publish(hub, advisory_id, member)
    assert hub.run_jobs("publishing") == 1
    before = files_of(hub.repository)
    tasks.run(TaskContext(hub.registry, delivery_id="the same message once more"), first)
    assert len(commits_of(hub.repository)) == 1
    assert files_of(hub.repository) == before

    second = publish(hub, advisory_id, member)
    assert hub.run_jobs("publishing") == 1
    after = files_of(hub.repository)
    assert len(commits_of(hub.repository)) == 2
    assert after.keys() == before.keys()
    path = next(name for name in after if name.startswith("csaf/"))
    old, new = (json.loads(files[path])["document"]["tracking"] for files in (before, after))
    assert [entry["number"] for entry in old["revision_history"]] == ["1"]
    assert [entry["number"] for entry in new["revision_history"]] == ["1", "2"]
    assert new["revision_history"][0] == old["revision_history"][0]
    assert new["version"] == "2"
    assert new["initial_release_date"] == old["initial_release_date"]
    assert new["current_release_date"] > old["current_release_date"]
    with hub.system() as act:
        assert [act.db.get_one(PublicationTask, task).revision for task in (first, second)] == [1, 2]
    assert not report_errors(json.loads(after[path]))


def report_errors(document: dict[str, Any]) -> list[str]:
    report = run_csaf_tests(document, preset="mandatory")
    return [result.id for result in report.results if not result.passed and not result.skipped]


def mistaken() -> dict[str, Any]:
    """Return a payload with a mistake at each of the places below, and at no other."""
    package = {"ecosystem": "npm", "name": "left", "purl": "pkg:npm/right"}
    inverted = [{"introduced": "2.0.0"}, {"fixed": "1.0.0"}]
    good = good_payload()
    return good | {
        "affected": [
            {"package": package, "ranges": good["affected"][0]["ranges"], "versions": []},
            {
                "package": {"ecosystem": "Maven", "name": "org.example:server"},
                "ranges": [
                    {"type": "SEMVER", "events": inverted},
                    {"type": "GIT", "events": [{"introduced": "0"}]},
                ],
                "versions": [],
            },
        ],
        "severity": [*good["severity"], {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}],
        "credits": [{"name": "Ada", "type": "FINDER", "contact": ["ada@example.org", "not an address"]}],
    }


PLACES = {
    "affected.0.package.purl": "affected.0.package.purl",
    "affected.1.ranges.0.events.1.version": "affected.1.ranges.0.events.1.version",
    "affected.1.ranges.1.repo": "affected.1.ranges.1.repo",
    "severity.1.score": "severity.1.score",
    "credits.0.contact.1": "credits.0.contact",
}
"""Where a rule finds a mistake, and the input of the form that holds it."""


def test_what_a_rule_finds_is_shown_at_the_input_that_holds_it(hub: Hub) -> None:
    project = hub.project()
    browser = hub.browser_as(hub.member(project))
    posted = form_fields(mistaken())
    with pytest.raises(PayloadInvalid) as invalid:
        validate(from_form(posted))
    assert set(PLACES) <= set(invalid.value.errors)

    token = csrf(browser.get("/advisories/new/"))
    sent = [("csrf_token", token), ("project", project), ("act", "save"), *posted]
    page = BeautifulSoup(browser.post("/advisories/new/", sent, status=400).text, "html.parser")
    links = {str(link["href"]).removeprefix("#") for link in page.select("[data-error-summary] a")}
    for place, messages in invalid.value.errors.items():
        control = page.select_one(f'[name="{PLACES[place]}"]')
        assert control is not None, place
        assert control.get("aria-invalid") == "true", place
        assert control["id"] in links, place
        described = [page.find(id=name) for name in str(control["aria-describedby"]).split()]
        told = " ".join(element.get_text(" ", strip=True) for element in described if element)
        for message in messages:
            assert " ".join(str(message).split()) in " ".join(told.split()), place
