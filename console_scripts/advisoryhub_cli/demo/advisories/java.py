"""Invented advisories of projects in Java: Saltmarsh, Kestrelbus, Fernleaf and Quillwright."""

from __future__ import annotations

from advisoryhub_cli.demo.people import ADMIN
from advisoryhub_cli.demo.projects import FERNLEAF, KESTRELBUS, QUILLWRIGHT, SALTMARSH
from advisoryhub_cli.demo.story import AssignCVE, Dismiss, Draft, Edit, Publish
from advisoryhub_cli.demo.writing import details, package, ref, thanks, up_to, v31, v40, write

STORIES = (
    Draft(
        SALTMARSH,
        329,
        write(
            "SQL injection through the name of a sort attribute",
            details(
                "`Sort.by(name)` copies the name into the statement where the entity has no attribute of that"
                " name. Applications that sort by a request parameter are open to **SQL injection**.",
                Patches="Unknown attributes are refused with `IllegalArgumentException`.",
                Workarounds="Look the parameter up in a fixed list of attributes.",
            ),
            affected=[
                package(
                    "Maven", "org.example.saltmarsh:saltmarsh-core", ("3.0.0", "3.2.9"), ("4.0.0", "4.0.4")
                ),
                up_to("Maven", "org.example.saltmarsh:saltmarsh-legacy", "2.0.0", "2.7.11"),
            ],
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:L")],
            cwes=[89],
            credit=[thanks("Klara Novotná"), thanks("Saltmarsh committers", "REMEDIATION_DEVELOPER")],
            references=[ref("FIX", "saltmarsh/merge/811"), ref("ADVISORY", "saltmarsh/2025-03")],
        ),
        ADMIN,
        (AssignCVE(2, ADMIN, 9900108), Publish(4, ADMIN)),
    ),
    Draft(
        SALTMARSH,
        190,
        write(
            "Second-level cache serves rows of another tenant",
            details(
                "The key of a cached row does not contain the tenant where the tenant is resolved after the"
                " session was opened. One tenant can then read rows that another one loaded before.",
                Patches="The tenant is part of every key.",
                Workarounds="Turn the second-level cache off for entities with a tenant.",
            ),
            affected=[package("Maven", "org.example.saltmarsh:saltmarsh-cache", ("4.0.0", "4.1.3"))],
            severity=[
                v31("AV:N/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"),
                v40("AV:N/AC:L/AT:P/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"),
            ],
            cwes=[668, 524],
            references=[ref("FIX", "saltmarsh/merge/902")],
        ),
        ADMIN,
        (
            Edit(3, ADMIN, {"credits": [thanks("Tide Insurance", "REPORTER")]}),
            Publish(6, ADMIN),
            Edit(
                110, ADMIN, {"references": [ref("FIX", "saltmarsh/merge/902"), ref("WEB", "saltmarsh/4.1.3")]}
            ),
        ),
    ),
    Draft(
        SALTMARSH,
        44,
        write(
            "Lazy loading after detaching ignores entity filters",
            details("Rows that a filter hides are loaded once an entity was detached and merged again."),
            affected=[package("Maven", "org.example.saltmarsh:saltmarsh-core", ("4.1.0", "4.1.6"))],
            severity=[v31("AV:N/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N")],
            cwes=[285],
        ),
        ADMIN,
        (Edit(2, ADMIN, {"credits": [thanks("Elif Demir", "ANALYST")]}),),
    ),
    Draft(
        SALTMARSH,
        160,
        write(
            "Connection pool logs the database password at level TRACE",
            details("With the logger at `TRACE`, the pool writes its properties, the password among them."),
            affected=[package("Maven", "org.example.saltmarsh:saltmarsh-pool", ("4.0.0", None))],
            severity=[v31("AV:L/AC:H/PR:H/UI:N/S:U/C:L/I:N/A:N")],
            cwes=[532],
        ),
        ADMIN,
        (Dismiss(4, ADMIN, "Same flaw as an advisory that is published already; its ranges were widened."),),
    ),
    Draft(
        KESTRELBUS,
        301,
        write(
            "Deserialisation of any class from an unauthenticated peer",
            details(
                "The Java binding accepts the header `x-java-class` from peers that have not authenticated"
                " yet and instantiates the class it names. With a suitable library on the class path this is"
                " **remote code execution**.",
                Patches="Only registered message types are instantiated, and only after authentication.",
                Workarounds="Bind the bus to trusted networks; set `kestrel.java.registered-only=true`.",
                Detection="Look for `x-java-class` in `peer-handshake` log lines.",
            ),
            affected=[
                package(
                    "Maven", "org.example.kestrelbus:kestrelbus-java", ("1.0.0", "1.8.2"), ("2.0.0", "2.0.1")
                )
            ],
            severity=[
                v31("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
                v40("AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:L/SI:L/SA:L"),
            ],
            cwes=[502],
            credit=[thanks("Rashid Al-Amin", "FINDER", "https://people.example.org/rashid")],
            references=[
                ref("FIX", "kestrelbus/pull/540"),
                ref("ADVISORY", "kestrelbus/2026-01"),
                ref("ARTICLE", "2026/kestrel-handshake"),
            ],
        ),
        ADMIN,
        (
            Edit(0.5, ADMIN, {"summary": "Deserialisation of any class from a peer before authentication"}),
            AssignCVE(1, ADMIN, 9900119),
            Publish(1.2, ADMIN),
        ),
    ),
    Draft(
        KESTRELBUS,
        52,
        write(
            "Message priorities let one peer starve all others",
            details(
                "A peer may give all of its messages the highest priority. As long as it sends, messages of"
                " other peers wait.",
                Severity="Not rated yet: whether this is a flaw depends on the trust between the peers.",
            ),
            affected=[package("Maven", "org.example.kestrelbus:kestrelbus-router", ("2.0.0", "2.3.0"))],
            cwes=[400],
        ),
        ADMIN,
        (Edit(5, ADMIN, {"references": [ref("DISCUSSION", "kestrelbus-dev/2026/10/7")]}),),
    ),
    Draft(
        FERNLEAF,
        255,
        write(
            "External entities are resolved in imported models",
            details(
                "The XMI importer resolves external entities. A model file from somebody else can read local"
                " files and reach addresses inside the network.",
                Patches="External entities and document types are refused.",
                Workarounds="Import models from trusted places only.",
            ),
            affected=[
                package("Maven", "org.example.fernleaf:fernleaf-xmi", ("0", "5.4.2"), ("6.0.0", "6.0.3"))
            ],
            severity=[v31("AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:L")],
            cwes=[611],
            credit=[thanks("Modelwerk GmbH", "SPONSOR"), thanks("Greta Lindqvist")],
            references=[ref("FIX", "fernleaf/commit/77e1"), ref("PACKAGE", "maven/fernleaf-xmi")],
        ),
        ADMIN,
        (AssignCVE(3, ADMIN, 9900131), Publish(10, ADMIN)),
    ),
    Draft(
        FERNLEAF,
        18,
        write(
            "Zip archives of models are unpacked outside the workspace",
            affected=[package("Maven", "org.example.fernleaf:fernleaf-archive", ("5.0.0", "6.1.0"))],
            severity=[v31("AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:H/A:L")],
            cwes=[22],
        ),
        ADMIN,
    ),
    Draft(
        QUILLWRIGHT,
        287,
        write(
            "Opening a folder runs the build that it describes",
            details(
                "The language server starts the build of a folder as soon as it is opened, to learn about its"
                " dependencies. A folder from somebody else thereby runs **commands of their choice**.",
                Patches="The editor asks once for each folder whether it is trusted.",
                Workarounds="`quillwright.build.autoImport = never`",
            ),
            affected=[
                package("Maven", "org.example.quillwright:quillwright-ls", ("1.12.0", "1.40.1")),
                package("VSCode", "example/quillwright", ("1.12.0", "1.40.1")),
            ],
            severity=[v31("AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H")],
            cwes=[78, 829],
            credit=[thanks("Amara Okafor", "FINDER"), thanks("Ben Whitlock", "REMEDIATION_REVIEWER")],
            references=[ref("FIX", "quillwright/pull/2210"), ref("WEB", "quillwright/workspace-trust")],
        ),
        ADMIN,
        (Edit(6, ADMIN, {"cwe_ids": ["CWE-829"]}), Publish(8, ADMIN)),
    ),
    Draft(
        QUILLWRIGHT,
        61,
        write(
            "Link checker sends local file names to the linked hosts",
            details("The `Referer` of the checker holds the path of the document on the author's machine."),
            affected=[package("Maven", "org.example.quillwright:quillwright-links", ("2.0.0", "2.6.4"))],
            severity=[v31("AV:N/AC:L/PR:N/UI:R/S:U/C:L/I:N/A:N")],
            cwes=[201],
            references=[ref("FIX", "quillwright/pull/2388")],
        ),
        ADMIN,
        (Publish(5, ADMIN),),
    ),
)
