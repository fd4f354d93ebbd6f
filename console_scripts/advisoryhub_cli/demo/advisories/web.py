"""Invented advisories of projects for the web and the cloud: Lanternfish, Bilberry, Windrose, Pebblegraph."""

from __future__ import annotations

from advisoryhub_cli.demo.people import ADMIN
from advisoryhub_cli.demo.projects import BILBERRY, LANTERNFISH, PEBBLEGRAPH, WINDROSE
from advisoryhub_cli.demo.story import AssignCVE, Dismiss, Draft, Edit, Publish
from advisoryhub_cli.demo.writing import commit, details, package, ref, sources, thanks, v31, v40, write

_GATEWAY = "@example/lanternfish-gateway"

STORIES = (
    Draft(
        LANTERNFISH,
        317,
        write(
            "Prototype pollution through route parameters",
            details(
                "Parameters named `__proto__` are merged into the options of a route. A request can change"
                " the options of **all** routes, such as switching authentication off.",
                Patches="Options are objects without a prototype, and such names are refused.",
            ),
            affected=[package("npm", _GATEWAY, ("4.0.0", "4.7.3"), ("5.0.0", "5.1.1"), kind="SEMVER")],
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:L")],
            cwes=[1321],
            credit=[thanks("Hana Kobayashi"), thanks("routefuzz", "TOOL")],
            references=[ref("FIX", "lanternfish/pull/933"), ref("PACKAGE", "npm/lanternfish-gateway")],
            aliases=["GHSA-5w6x-7q8r-2c3v"],
        ),
        ADMIN,
        (AssignCVE(1, ADMIN, 9900111), Publish(2, ADMIN)),
    ),
    Draft(
        LANTERNFISH,
        202,
        write(
            "Regular expression of the accept-language parser takes quadratic time",
            details(
                "A header of 64 KiB keeps the event loop busy for some 20 seconds.",
                Patches="The parser reads the header once, from left to right.",
                Workarounds="Limit the size of headers to 8 KiB in front of the gateway.",
            ),
            affected=[package("npm", "@example/lanternfish-locale", ("1.0.0", "1.9.5"), kind="SEMVER")],
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L")],
            cwes=[1333],
            references=[ref("FIX", "lanternfish/pull/1004")],
        ),
        ADMIN,
        (Publish(3, ADMIN),),
    ),
    Draft(
        LANTERNFISH,
        26,
        write(
            "Rate limits are counted per process and not per gateway",
            details("With eight workers a client gets eight times what the configuration says."),
            affected=[package("npm", _GATEWAY, ("5.0.0", "5.4.0"), kind="SEMVER")],
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L")],
            cwes=[799],
            references=[ref("REPORT", "lanternfish/issues/1190")],
        ),
        ADMIN,
        (Edit(1, ADMIN, {"credits": [thanks("Paolo Ferri", "REPORTER")]}),),
    ),
    Draft(
        LANTERNFISH,
        6,
        write("Cached responses ignore the Vary header for compressed bodies"),
        ADMIN,
    ),
    Draft(
        BILBERRY,
        274,
        write(
            "Workspaces share the browser storage of their origin",
            details(
                "All workspaces are served from one origin. Code in the preview of one workspace can read the"
                " tokens that the editor keeps for another.",
                Patches="Each preview has an origin of its own.",
                Workarounds="Open workspaces that you do not trust in another browser profile.",
            ),
            affected=[
                package("npm", "@example/bilberry-shell", ("2.0.0", "2.18.0"), kind="SEMVER"),
                package("Go", "example.org/bilberry/router", ("1.0.0", "1.6.2"), kind="SEMVER"),
            ],
            severity=[v40("AV:N/AC:L/AT:N/PR:L/UI:P/VC:H/VI:H/VA:N/SC:H/SI:L/SA:N")],
            cwes=[346, 922],
            credit=[thanks("Lucía Ferreira", "FINDER"), thanks("Cloudyard", "SPONSOR")],
            references=[ref("FIX", "bilberry/pull/3011"), ref("ARTICLE", "2026/one-origin-too-few")],
        ),
        ADMIN,
        (Edit(4, ADMIN, {"cwe_ids": ["CWE-346"]}), AssignCVE(6, ADMIN, 9900122), Publish(13, ADMIN)),
    ),
    Draft(
        BILBERRY,
        131,
        write(
            "Terminal escape sequences rename the tab and reach the clipboard",
            details("Output of a program can put text into the visitor's clipboard without asking."),
            affected=[package("npm", "@example/bilberry-terminal", ("0.9.0", "1.3.2"), kind="SEMVER")],
            severity=[v31("AV:N/AC:H/PR:N/UI:R/S:C/C:N/I:L/A:N")],
            cwes=[150],
            references=[ref("FIX", "bilberry/pull/3207")],
        ),
        ADMIN,
        (Publish(6, ADMIN),),
    ),
    Draft(
        BILBERRY,
        15,
        write(
            "Invitation links to a workspace can be used more than once",
            details("A link stays valid until it expires, whoever has used it already."),
            severity=[v31("AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:L/A:N")],
            cwes=[672],
        ),
        ADMIN,
        (Edit(0.5, ADMIN, {"references": [ref("REPORT", "bilberry/issues/3350")]}),),
    ),
    Draft(
        WINDROSE,
        246,
        write(
            "Build scripts are fetched without checking their signature",
            details(
                "The action downloads the build scripts of a release over HTTPS and runs them. The signature"
                " beside them is downloaded, too, but **never checked**.",
                Patches="The signature is checked against the key in the action itself.",
            ),
            affected=[
                package("GitHub Actions", "example/windrose-action", ("1.0.0", "3.2.1"), kind="SEMVER"),
                sources("windrose/action", ("0", commit("windrose signature"))),
            ],
            severity=[v31("AV:N/AC:H/PR:N/UI:N/S:C/C:H/I:H/A:H")],
            cwes=[347, 494],
            credit=[
                thanks("Sofia Brandt", "REPORTER"),
                thanks("Windrose committers", "REMEDIATION_DEVELOPER"),
            ],
            references=[ref("FIX", "windrose/pull/118")],
        ),
        ADMIN,
        (AssignCVE(2, ADMIN, 9900128), Publish(3, ADMIN)),
    ),
    Draft(
        WINDROSE,
        83,
        write(
            "Cache keys of different architectures collide",
            details(
                "A cache filled on one architecture is restored on another, with code that was built for it."
            ),
            affected=[package("PyPI", "windrose-demo", ("2.4.0", "2.9.1"), versions=["2.10.0rc1"])],
            severity=[v31("AV:N/AC:H/PR:L/UI:N/S:U/C:N/I:L/A:L")],
            cwes=[706],
        ),
        ADMIN,
        (
            Dismiss(
                9, ADMIN, "The restored code does not run there: a failed build, and no way to misuse it."
            ),
        ),
    ),
    Draft(
        PEBBLEGRAPH,
        223,
        write(
            "Formulas in series names are evaluated",
            details(
                "The name of a series may be a formula, which is evaluated as **Python** when a saved graph"
                " is opened.",
                Patches="Formulas have a grammar of their own, without calls.",
                Workarounds="Open graphs from trusted places only.",
            ),
            affected=[
                package("PyPI", "pebblegraph-demo", ("0.4.0", "1.6.2"), ("2.0.0a1", "2.0.0")),
                package("CRAN", "pebblegraphdemo", versions=["0.9-1", "0.9-2", "0.9-3"]),
            ],
            severity=[v31("AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H")],
            cwes=[94, 95],
            credit=[thanks("Institute for Tidal Studies", "FINDER")],
            references=[ref("FIX", "pebblegraph/merge/201"), ref("GIT", "pebblegraph/pebblegraph")],
        ),
        ADMIN,
        (Publish(7, ADMIN), Edit(40, ADMIN, {"cwe_ids": ["CWE-95"]}), Publish(41, ADMIN)),
    ),
    Draft(
        PEBBLEGRAPH,
        11,
        write(
            "Exported pages load scripts from an address that anybody can register",
            details(
                "Pages exported by the 1.x releases load a script from a host whose registration has ended.",
                Severity="No rating: the project has registered the host again, and nobody else ever had it.",
            ),
            affected=[package("PyPI", "pebblegraph-demo", ("1.0.0", "1.6.0"))],
            cwes=[829],
        ),
        None,
        (Edit(2, ADMIN, {"references": [ref("DISCUSSION", "pebblegraph-dev/2026/11/2")]}),),
    ),
)
