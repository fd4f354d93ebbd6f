"""Invented advisories of Eclipse Mosquitto: a mature publisher, whose team publishes by itself."""

from __future__ import annotations

from advisoryhub_cli.demo.people import ADMIN, COLLABORATOR, MOSQUITTO_MEMBER
from advisoryhub_cli.demo.projects import LANTERNFISH
from advisoryhub_cli.demo.story import (
    AssignCVE,
    Dismiss,
    Draft,
    Edit,
    Publish,
    RequestReassignment,
    Share,
    Withdraw,
)
from advisoryhub_cli.demo.writing import commit, details, package, ref, sources, thanks, v31, v40, write
from advisoryhub_embedded.people import MOSQUITTO

_BROKER = "mosquitto-demo"
_REPOSITORY = "mosquitto/mosquitto"

STORIES = (
    Draft(
        MOSQUITTO.slug,
        352,
        write(
            "Retained messages outlive the rights of their publisher",
            details(
                "A retained message stays on its topic after the access list has taken the topic away from"
                " its publisher. Subscribers go on receiving what that client may not say any more.",
                Patches="With `check_retain_source`, now on by default, the publisher's rights are looked at"
                " again when a retained message is delivered.",
            ),
            affected=[
                package("ConanCenter", _BROKER, ("1.6.0", "1.6.16"), ("2.0.0", "2.0.19")),
                sources(_REPOSITORY, (commit("retained begin"), commit("retained end"))),
            ],
            severity=[v31("AV:N/AC:H/PR:L/UI:N/S:U/C:N/I:L/A:N")],
            cwes=[613, 863],
            credit=[thanks("Harbour Automation", "REPORTER")],
            references=[ref("FIX", "mosquitto/commit/91ab"), ref("DISCUSSION", "mosquitto-dev/2025/12/4")],
        ),
        MOSQUITTO_MEMBER,
        (Publish(8, MOSQUITTO_MEMBER),),
    ),
    Draft(
        MOSQUITTO.slug,
        233,
        write(
            "Stack overflow in the topic matcher with many levels",
            details(
                "A subscription of some 60,000 `/` makes the matcher call itself once for each level. The"
                " broker ends with a **stack overflow**; where it was built without guard pages, memory of"
                " other threads is written to.",
                Patches="Topics have 200 levels at most.",
                Workarounds="`max_topic_levels 200` in front of the broker's listener, where a proxy can.",
            ),
            affected=[
                package("ConanCenter", _BROKER, ("2.0.0", "2.0.21"), ("2.1.0", "2.1.1")),
                package("Debian:12", "mosquitto-demo", ("0", "2.0.11-1.2+deb12u2")),
                package("Alpine:v3.22", "mosquitto-demo", ("0", "2.0.21-r0")),
            ],
            severity=[
                v31("AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:L/A:H"),
                v40("AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:L/VA:H/SC:N/SI:N/SA:N"),
            ],
            cwes=[674, 121],
            credit=[
                thanks("Femke de Boer", "FINDER", "mailto:femke@example.com"),
                thanks("Mira Mosquitto", "COORDINATOR"),
                thanks("brokerfuzz", "TOOL"),
            ],
            references=[ref("FIX", "mosquitto/commit/c0de"), ref("EVIDENCE", "mosquitto/levels.py")],
        ),
        MOSQUITTO_MEMBER,
        (
            Edit(1, MOSQUITTO_MEMBER, {"cwe_ids": ["CWE-674"]}),
            AssignCVE(3, ADMIN, 9900127),
            Publish(5, MOSQUITTO_MEMBER),
            Edit(9, MOSQUITTO_MEMBER, {"cwe_ids": ["CWE-674", "CWE-121"]}),
            Publish(9.2, MOSQUITTO_MEMBER),
        ),
    ),
    Draft(
        MOSQUITTO.slug,
        148,
        write(
            "Use after free when a bridge reconnects during its shutdown",
            details(
                "A bridge that is closed while its reconnection timer fires uses its context after it was"
                " freed. Whoever controls the remote broker can choose the moment.",
                Patches="The timer is taken off before the context is freed.",
                Workarounds="Bridge to brokers that you trust only.",
            ),
            affected=[
                package("ConanCenter", _BROKER, ("2.0.14", "2.0.22")),
                sources(_REPOSITORY, (commit("bridge begin"), commit("bridge end"))),
            ],
            severity=[v40("AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:L/VA:H/SC:N/SI:N/SA:N")],
            cwes=[416],
            credit=[thanks("Oluwaseun Adeyemi")],
            references=[ref("FIX", "mosquitto/commit/b41d"), ref("REPORT", "mosquitto/issues/3377")],
        ),
        MOSQUITTO_MEMBER,
        (
            Edit(2, MOSQUITTO_MEMBER, {"credits": [thanks("Oluwaseun Adeyemi", "REPORTER")]}),
            Publish(4, MOSQUITTO_MEMBER),
        ),
    ),
    Draft(
        MOSQUITTO.slug,
        77,
        write(
            "Password file readable by everybody after `mosquitto_passwd -U`",
            details(
                "The tool writes the upgraded file anew and leaves its mode to the `umask`. On most systems"
                " the salted hashes can then be read by every local user.",
                Patches="The mode of the old file is kept.",
                Workarounds="`chmod 600` on the file after each run.",
            ),
            affected=[package("ConanCenter", _BROKER, ("2.0.0", "2.0.23"), ("2.1.0", "2.1.3"))],
            severity=[v31("AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N")],
            cwes=[276, 732],
            references=[ref("FIX", "mosquitto/commit/feed")],
        ),
        MOSQUITTO_MEMBER,
        (
            Publish(2, MOSQUITTO_MEMBER),
            Edit(30, MOSQUITTO_MEMBER, {"credits": [thanks("Yusuf Kaya", "FINDER")]}),
        ),
    ),
    Draft(
        MOSQUITTO.slug,
        31,
        write(
            "Will message is delivered under the rights of the session's next owner",
            details(
                "A client that takes an existing session over inherits a delayed will. It is checked against"
                " the access rights of the **new** owner when it is sent.",
                Timeline="- reported to the list\n- reproduced with a delay of 30 s\n- fix in review",
            ),
            affected=[package("ConanCenter", _BROKER, ("2.0.0", "2.0.24"))],
            severity=[v31("AV:N/AC:H/PR:L/UI:N/S:U/C:N/I:H/A:N")],
            cwes=[266],
            credit=[thanks("Colin Collaborator", "REPORTER")],
        ),
        MOSQUITTO_MEMBER,
        (
            Share(1, MOSQUITTO_MEMBER, COLLABORATOR, "collaborator"),
            Edit(2, COLLABORATOR, {"references": [ref("EVIDENCE", "mosquitto/will-takeover.py")]}),
            Edit(6, MOSQUITTO_MEMBER, {"cwe_ids": ["CWE-266", "CWE-863"]}),
            AssignCVE(7, ADMIN, 9900203),
        ),
    ),
    Draft(
        MOSQUITTO.slug,
        9,
        write(
            "WebSocket listener accepts any origin",
            details("Pages of other sites can open a connection with the visitor's client certificate."),
            affected=[package("ConanCenter", _BROKER, ("2.0.0", None))],
            cwes=[1385],
        ),
        MOSQUITTO_MEMBER,
        (Edit(1, MOSQUITTO_MEMBER, {"references": [ref("REPORT", "mosquitto/issues/3502")]}),),
    ),
    Draft(
        MOSQUITTO.slug,
        119,
        write(
            "Anonymous access is allowed on a listener without configuration",
            details(
                "A broker that is started without any configuration listens on the loopback address and lets"
                " local clients in without a password."
            ),
            affected=[package("ConanCenter", _BROKER, ("2.0.0", None))],
            severity=[v31("AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N")],
            cwes=[306],
        ),
        MOSQUITTO_MEMBER,
        (
            Dismiss(
                2,
                MOSQUITTO_MEMBER,
                "This is the documented default for a first try on one's own machine, on loopback only.",
            ),
        ),
    ),
    Draft(
        MOSQUITTO.slug,
        163,
        write(
            "Client identifiers are written to the log as they come",
            details(
                "A client identifier with terminal escape sequences reaches the log file unchanged. Somebody"
                " who reads the log in a terminal sees what the client chose.",
                Patches="Characters that do not print are escaped in the log.",
            ),
            affected=[package("ConanCenter", _BROKER, ("2.0.0", "2.0.22"))],
            severity=[v31("AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N")],
            cwes=[117],
            references=[ref("FIX", "mosquitto/commit/1c3d"), ref("REPORT", "mosquitto/issues/3301")],
        ),
        MOSQUITTO_MEMBER,
        (
            AssignCVE(2, ADMIN, 9900307),
            Publish(3, MOSQUITTO_MEMBER),
            Withdraw(
                17,
                MOSQUITTO_MEMBER,
                "The broker refuses such identifiers before it writes them anywhere: what was seen came from"
                " a patched build of the reporter's.",
            ),
        ),
    ),
    Draft(
        MOSQUITTO.slug,
        4,
        write(
            "Gateway forwards MQTT credentials in the query string",
            details(
                "Behind the gateway, user name and password are in the URL, and so in every log on the way."
            ),
            affected=[package("npm", "@example/lanternfish-gateway", ("5.0.0", None), kind="SEMVER")],
            cwes=[598],
        ),
        MOSQUITTO_MEMBER,
        (
            RequestReassignment(
                1,
                MOSQUITTO_MEMBER,
                "It was reported to us, but the gateway builds the URL: nothing in the broker can mend it.",
                LANTERNFISH,
            ),
        ),
    ),
)
