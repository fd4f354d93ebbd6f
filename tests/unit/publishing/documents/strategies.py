"""Generated payloads, wilder than what the payload schemas let in."""

from typing import Any

from hypothesis import strategies as st

from tests.unit.publishing.documents.examples import payload

WORD = st.text(
    alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12
)
LINE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)
DETAILS = st.lists(
    LINE
    | st.sampled_from(
        [
            "# Impact",
            "- a\n- b",
            "```\ncode\n```",
            "<script>x</script>",
            "[a](https://example.org)",
            "| a |\n|-|\n| b |",
        ]
    ),
    max_size=12,
).map("\n\n".join)
COMMIT = st.text(alphabet="0123456789abcdef", min_size=40, max_size=40)
NAMES = {
    "Maven": st.sampled_from(["org.eclipse.foo:foo", "g:a"]),
    "npm": st.sampled_from(["foo", "@foo/ui"]),
    "PyPI": st.sampled_from(["foo", "Foo_Bar"]),
    "Go": st.sampled_from(["github.com/foo/bar", "stdlib"]),
    "Debian:12": st.just("foo"),
    "crates.io": st.just("foo"),
    "OSS-Fuzz": st.sampled_from(["foo", "foo bar/ü"]),
    "SwiftURL": st.just("github.com/foo/bar"),
    "GitHub Actions": st.just("foo/bar"),
    "Pub": st.sampled_from(["foo", "foo-bar"]),
    "CRAN": st.just("foo"),
    "ConanCenter": st.sampled_from(["foo", "foo/bar"]),
}
# Versions that carry words and signs which mean something to the formats.
ODD_VERSIONS = st.sampled_from(
    ["1.0-all", "2.x", "v3", "1:2.3~rc1+b2", "a|b", "1,2", "before", "2.0.*", "ü 1"]
)


@st.composite
def intervals_of(draw: st.DrawFn, ecosystem: str) -> dict[str, Any]:
    numbers = draw(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True).map(sorted))
    versions = [f"{number // 7}.{number % 7}.0" for number in numbers]
    if draw(st.booleans()):
        versions[0] = "0"
    end = draw(st.sampled_from(["fixed", "last_affected"]))
    events = [{"introduced" if place % 2 == 0 else end: version} for place, version in enumerate(versions)]
    kind = "SEMVER" if ecosystem in {"npm", "Go", "crates.io"} else "ECOSYSTEM"
    return {"type": kind, "events": events}


@st.composite
def packages(draw: st.DrawFn) -> dict[str, Any]:
    ecosystem = draw(st.sampled_from(sorted(NAMES)))
    ranges = draw(st.lists(intervals_of(ecosystem), max_size=2))
    plain = st.integers(0, 30).map(lambda number: f"{number // 7}.{number % 7}.0")
    versions = draw(st.lists(plain | ODD_VERSIONS, min_size=0 if ranges else 1, max_size=4, unique=True))
    return {
        "package": {"ecosystem": ecosystem, "name": draw(NAMES[ecosystem])},
        "ranges": ranges,
        "versions": versions,
    }


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, Any]:
    repo = draw(
        st.sampled_from(
            [
                "https://github.com/eclipse-foo/foo",
                "https://gitlab.eclipse.org/eclipse/foo/bar.git",
                "https://bitbucket.org/foo/bar",
                "https://git.example.org/",
            ]
        )
    )
    end = draw(st.sampled_from(["fixed", "last_affected", "limit"]))
    starts = draw(st.lists(COMMIT | st.just("0"), min_size=1, max_size=2, unique=True))
    ends = draw(st.lists(COMMIT, max_size=3, unique=True))
    events = [{"introduced": commit} for commit in starts] + [{end: commit} for commit in ends]
    return {"ranges": [{"type": "GIT", "repo": repo, "events": events}], "versions": []}


@st.composite
def vectors(draw: st.DrawFn, head: str, metrics: dict[str, str]) -> str:
    return head + "/".join(f"{name}:{draw(st.sampled_from(values))}" for name, values in metrics.items())


def _metrics(text: str) -> dict[str, str]:
    return dict(metric.split(":") for metric in text.split())


V3_METRICS = _metrics("AV:NALP AC:LH PR:NLH UI:NR S:UC C:NLH I:NLH A:NLH")
V2_METRICS = _metrics("AV:NAL AC:LMH Au:MSN C:NPC I:NPC A:NPC")
V4_METRICS = _metrics("AV:NALP AC:LH AT:NP PR:NLH UI:NPA VC:HLN VI:HLN VA:HLN SC:HLN SI:HLN SA:HLN")
SEVERITY = st.one_of(
    vectors("CVSS:3.1/", V3_METRICS).map(lambda score: {"type": "CVSS_V3", "score": score}),
    vectors("CVSS:3.0/", V3_METRICS).map(lambda score: {"type": "CVSS_V3", "score": score}),
    vectors("", V2_METRICS).map(lambda score: {"type": "CVSS_V2", "score": score}),
    vectors("CVSS:4.0/", V4_METRICS).map(lambda score: {"type": "CVSS_V4", "score": score}),
    st.sampled_from(["negligible", "low", "critical"]).map(lambda score: {"type": "Ubuntu", "score": score}),
)
REFERENCE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["ADVISORY", "FIX", "WEB", "REPORT", "EVIDENCE", "GIT"]),
        "url": st.sampled_from(
            [
                "https://example.org/a?b=c#d",
                "ftp://example.org/x",
                "https://example.org/ü",
                "https://example.org/a%20b",
            ]
        ),
    }
)
CREDIT = st.fixed_dictionaries(
    {
        "name": LINE,
        "contact": st.lists(st.sampled_from(["@jo", "mailto:jo@example.org", "https://example.org"])),
    },
    optional={"type": st.sampled_from(["FINDER", "REMEDIATION_DEVELOPER", "OTHER"])},
)
ALIAS = st.sampled_from(["CVE-2020-0001", "CVE-2021-123456", "GHSA-2c3f-4g5h-6j7m", "PYSEC-2026-1", "X"])
CWE = st.sampled_from(["CWE-79", "CWE-89", "CWE-1427", "CWE-20"])

PAYLOADS = st.fixed_dictionaries(
    {
        "summary": LINE,
        "details": DETAILS,
        "project_name": LINE,
        "aliases": st.lists(ALIAS, unique=True),
        "references": st.lists(REFERENCE, max_size=4),
        "affected": st.lists(packages() | repositories(), min_size=1, max_size=4),
        "severity": st.lists(SEVERITY, max_size=4),
        "cwe_ids": st.lists(CWE, unique=True),
        "credits": st.lists(CREDIT, max_size=3),
        "assigned_cve_id": st.sampled_from(["CVE-2026-12345", "CVE-2026-0001"]),
    }
).map(lambda fields: payload(**fields))
