"""Invented advisories of Eclipse Jetty: a team that needs a review, and an expert from outside."""

from __future__ import annotations

from advisoryhub_cli.demo.people import ADMIN, COLLABORATOR, JETTY_MEMBER
from advisoryhub_cli.demo.story import AssignCVE, Dismiss, Draft, Edit, Publish, Share
from advisoryhub_cli.demo.writing import (
    commit,
    details,
    package,
    ref,
    sources,
    thanks,
    up_to,
    v31,
    v40,
    write,
)
from advisoryhub_embedded.people import JETTY

_SERVER = "org.example.jetty:jetty-server"
_HTTP2 = "org.example.jetty.http2:jetty-http2-server"

_FOLDED = write(
    "Response splitting through folded header values",
    details(
        "A header value that contains a line fold is written to the wire **as it stands**. An application"
        " that copies request data into a response header lets a client end the header early and write a"
        " second response, which a shared cache then serves to others.",
        Patches="Folded values are refused with status 500 as of `10.0.27`, `11.0.26` and `12.0.19`.",
        Workarounds="Strip `\\r` and `\\n` from everything that reaches `setHeader` or `addHeader`.",
    ),
    affected=[package("Maven", _SERVER, ("10.0.0", "10.0.27"), ("11.0.0", "11.0.26"), ("12.0.0", "12.0.19"))],
    severity=[v31("AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N")],
    cwes=[113],
    credit=[
        thanks("Ines Marchetti", "FINDER", "https://people.example.org/imarchetti"),
        thanks("Jonas Jetty", "REMEDIATION_DEVELOPER"),
    ],
    references=[ref("FIX", "jetty/pull/12871"), ref("REPORT", "jetty/issues/12866")],
)

_RAPID_RESET = write(
    "HTTP/2 streams reset in quick succession keep their threads",
    details(
        "A client that opens streams and resets them at once makes the server start work that nobody waits"
        " for. With some 4,000 resets per second the thread pool is exhausted and **no other client is"
        " served** until the connection ends.",
        Patches="The server counts resets per connection and answers with `GOAWAY` past a limit.",
        Workarounds="Turn HTTP/2 off, or put a proxy with a reset limit in front.",
        Detection="`ResetFrame` counts above 1,000 per minute in the connection statistics.",
    ),
    affected=[package("Maven", _HTTP2, ("11.0.0", "11.0.27"), ("12.0.0", "12.0.21"), ("12.1.0", "12.1.2"))],
    severity=[
        v31("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
        v40("AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"),
    ],
    cwes=[400, 770],
    credit=[thanks("Priya Raman"), thanks("Northwind Protocol Lab", "ANALYST")],
    references=[ref("FIX", "jetty/pull/13022"), ref("ARTICLE", "2026/reset-storms")],
)

_DOUBLE_ENCODED = write(
    "Security constraints bypassed by a doubly encoded path",
    details(
        "`/%2561dmin/` is matched against the constraints before its second decoding and dispatched after it."
        " Resources below a protected path are then served **without authentication**.",
        Patches="Paths are decoded once, in one place, and ambiguous ones are answered with 400.",
        Workarounds="Deny `%25` in paths in the reverse proxy.",
    ),
    affected=[package("Maven", "org.example.jetty:jetty-security", ("12.0.0", "12.0.17"))],
    severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:L/A:N")],
    cwes=[177, 863],
    credit=[thanks("Tomasz Wilk", "REPORTER")],
    references=[ref("FIX", "jetty/pull/12640")],
    aliases=["GHSA-2f3g-7h8j-9m4p"],
)

STORIES = (
    Draft(
        JETTY.slug,
        341,
        _DOUBLE_ENCODED,
        JETTY_MEMBER,
        (
            Edit(2, JETTY_MEMBER, {"cwe_ids": ["CWE-177", "CWE-863", "CWE-285"]}),
            AssignCVE(5, ADMIN, 9900101),
            Publish(9, ADMIN),
        ),
    ),
    Draft(
        JETTY.slug,
        268,
        _FOLDED | {"severity": [], "credits": []},
        JETTY_MEMBER,
        (
            Edit(1.5, JETTY_MEMBER, {"severity": _FOLDED["severity"]}),
            Edit(3, ADMIN, {"credits": _FOLDED["credits"]}),
            AssignCVE(4, ADMIN, 9900114),
            Publish(6, ADMIN),
            Edit(20, JETTY_MEMBER, {"references": [*_FOLDED["references"], ref("ARTICLE", "2026/folds")]}),
            Publish(21, ADMIN),
        ),
    ),
    Draft(
        JETTY.slug,
        96,
        _RAPID_RESET,
        JETTY_MEMBER,
        (
            Edit(4, JETTY_MEMBER, {"cwe_ids": ["CWE-400"]}),
            Publish(12, ADMIN),
            Edit(60, JETTY_MEMBER, {"summary": "HTTP/2 streams reset in quick succession exhaust threads"}),
        ),
    ),
    Draft(
        JETTY.slug,
        38,
        write(
            "Session ids survive a change of the authenticated user",
            details(
                "Where `changeSessionIdOnLogin` is on and the login comes over a WebSocket upgrade, the id of"
                " the session stays. Whoever fixed it before the login is then signed in as the other user.",
                Patches="Being worked on; the fix needs a change of the upgrade filter.",
            ),
            affected=[package("Maven", "org.example.jetty:jetty-session", ("12.0.0", None))],
            severity=[v31("AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:N")],
            cwes=[384],
            credit=[thanks("Colin Collaborator", "ANALYST")],
            references=[ref("REPORT", "jetty/issues/13140")],
        ),
        JETTY_MEMBER,
        (
            Share(1, JETTY_MEMBER, COLLABORATOR, "collaborator"),
            Edit(3, COLLABORATOR, {"cwe_ids": ["CWE-384", "CWE-287"]}),
            Edit(
                9,
                JETTY_MEMBER,
                {"affected": [package("Maven", "org.example.jetty:jetty-session", ("12.0.0", "12.0.30"))]},
            ),
            Edit(12, ADMIN, {"severity": [v31("AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:L/A:N")]}),
        ),
    ),
    Draft(
        JETTY.slug,
        21,
        write(
            "Multipart parts without a name are kept in memory until the request ends",
            details(
                "Parts that have no name never count towards `maxFormKeys`. A single request of a few"
                " megabytes makes the server allocate some hundred times as much.",
                Workarounds="Limit the size of requests to what the application needs.",
            ),
            affected=[package("Maven", _SERVER, ("12.0.5", "12.0.31"), ("12.1.0", "12.1.6"))],
            severity=[v40("AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N")],
            cwes=[770],
        ),
        JETTY_MEMBER,
        (Edit(2, JETTY_MEMBER, {"references": [ref("REPORT", "jetty/issues/13201")]}),),
    ),
    Draft(
        JETTY.slug,
        12,
        write("Proxy servlet forwards hop-by-hop headers named by the client", cwes=[444]),
        JETTY_MEMBER,
    ),
    Draft(
        JETTY.slug,
        4,
        write(
            "Directory listings reveal names below protected folders",
            details("A listing shows the names of entries that a security constraint protects."),
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N")],
        ),
        JETTY_MEMBER,
        (Edit(1, JETTY_MEMBER, {"cwe_ids": ["CWE-548"]}),),
    ),
    Draft(
        JETTY.slug,
        210,
        write(
            "Access log lines can be forged with control characters",
            details(
                "The user name of a failed Basic authentication is written to the access log unescaped, so a"
                " client can add lines of its own.",
                Patches="Control characters are escaped as of the versions below.",
            ),
            affected=[
                package(
                    "Maven", _SERVER, ("10.0.0", "10.0.24"), ("11.0.0", "11.0.24"), ("12.0.0", "12.0.11")
                ),
                sources("jetty/jetty", ("0", commit("jetty log escapes"))),
            ],
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N")],
            cwes=[117],
            references=[ref("FIX", "jetty/commit/b6f1f0c8"), ref("WEB", "jetty/release-notes")],
            credit=[thanks("Logscan", "TOOL")],
        ),
        JETTY_MEMBER,
        (Publish(11, ADMIN),),
    ),
    Draft(
        JETTY.slug,
        175,
        write(
            "Server answers TRACE requests",
            details("TRACE echoes the request with its cookies; old browsers could be made to read them."),
            affected=[up_to("Maven", _SERVER, "9.0.0", "9.4.58")],
            severity=[v31("AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N")],
            cwes=[693],
        ),
        JETTY_MEMBER,
        (
            Dismiss(
                3,
                JETTY_MEMBER,
                "TRACE is off unless somebody turns it on, and no browser of this decade sends it.",
            ),
        ),
    ),
)
