"""Invented advisories of projects for devices and vehicles: Tidepool, Roadglass, Kestrelbus's native side."""

from __future__ import annotations

from advisoryhub_cli.demo.people import ADMIN
from advisoryhub_cli.demo.projects import KESTRELBUS, ROADGLASS, TIDEPOOL
from advisoryhub_cli.demo.story import AssignCVE, Dismiss, Draft, Edit, Publish
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

_AGENT = "example.org/tidepool/agent"

STORIES = (
    Draft(
        TIDEPOOL,
        335,
        write(
            "Firmware images are accepted for another type of device",
            details(
                "The signature of an image covers its content and not the type of device it is for. An image"
                " signed for one type can be installed on another, which **does not start any more**.",
                Patches="The type is part of what is signed; agents refuse images without it from 2.0 on.",
                Workarounds="Use one signing key for each type of device.",
            ),
            affected=[package("Go", _AGENT, ("1.0.0", "1.14.3"), ("2.0.0-rc.1", "2.0.0"), kind="SEMVER")],
            severity=[v31("AV:A/AC:H/PR:H/UI:N/S:U/C:N/I:H/A:H")],
            cwes=[345, 347],
            credit=[thanks("Stellan Berg", "ANALYST"), thanks("Coastline Devices", "REPORTER")],
            references=[ref("FIX", "tidepool/pull/655"), ref("ADVISORY", "tidepool/2025-02")],
        ),
        ADMIN,
        (Edit(1, ADMIN, {"cwe_ids": ["CWE-345"]}), AssignCVE(4, ADMIN, 9900104), Publish(14, ADMIN)),
    ),
    Draft(
        TIDEPOOL,
        221,
        write(
            "Default credentials in the provisioning image",
            details(
                "The image for first provisioning has an account `setup` with a known password, which stays"
                " there until the device has seen its server for the first time.",
                Patches="The password is printed on the device and different for each.",
            ),
            affected=[package("Go", "example.org/tidepool/provision", ("0", "1.3.0"), kind="SEMVER")],
            severity=[
                v31("AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
                v40("AV:A/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
            ],
            cwes=[1392, 798],
            references=[ref("FIX", "tidepool/pull/701")],
        ),
        ADMIN,
        (Publish(5, ADMIN),),
    ),
    Draft(
        TIDEPOOL,
        70,
        write(
            "Fleet search shows the names of other customers' devices",
            details(
                "Suggestions in the search field come from an index of all customers.",
                Patches="There is an index for each customer.",
            ),
            affected=[package("Go", "example.org/tidepool/console", ("3.0.0", "3.5.2"), kind="SEMVER")],
            severity=[v31("AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N")],
            cwes=[200],
            credit=[thanks("Nadia Haddad")],
            references=[ref("FIX", "tidepool/pull/890")],
        ),
        ADMIN,
        (Edit(2, ADMIN, {"cwe_ids": ["CWE-639"]}), Publish(9, ADMIN)),
    ),
    Draft(
        TIDEPOOL,
        34,
        write(
            "Agents accept commands with a time stamp from the future",
            details("A recorded command can be replayed once the clock of a device was set back."),
            affected=[package("Go", _AGENT, ("2.0.0", "2.6.0"), kind="SEMVER")],
            severity=[v31("AV:A/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:L")],
            cwes=[294],
            references=[ref("REPORT", "tidepool/issues/944")],
        ),
        ADMIN,
        (
            Edit(3, ADMIN, {"credits": [thanks("Stellan Berg", "FINDER")]}),
            Edit(8, ADMIN, {"cwe_ids": ["CWE-294", "CWE-613"]}),
        ),
    ),
    Draft(
        ROADGLASS,
        293,
        write(
            "Heap overflow in the decoder of gauge textures",
            details(
                "A texture whose header promises fewer rows than it has makes the decoder write past its"
                " buffer. Themes come signed from the manufacturer, so that an attacker needs its key or a"
                " way into the file system first.",
                Patches="The number of rows is checked before decoding.",
            ),
            affected=[
                package("ConanCenter", "roadglass-demo", ("0.8.0", "1.2.7"), ("1.3.0", "1.3.1")),
                sources(
                    "roadglass/runtime",
                    (commit("texture begin"), commit("texture end 1.2")),
                    (commit("texture begin 1.3"), commit("texture end 1.3")),
                ),
            ],
            severity=[v31("AV:P/AC:H/PR:H/UI:N/S:U/C:L/I:L/A:H")],
            cwes=[122, 787],
            credit=[thanks("texfuzz", "TOOL"), thanks("Wen Zhao", "FINDER")],
            references=[ref("FIX", "roadglass/commit/ab12"), ref("INTRODUCED", "roadglass/commit/9f00")],
        ),
        ADMIN,
        (AssignCVE(5, ADMIN, 9900117), Publish(30, ADMIN)),
    ),
    Draft(
        ROADGLASS,
        108,
        write(
            "Warning lamps can be hidden by a theme",
            details(
                "A theme may draw over the area of the warning lamps.",
                Patches="The area is composed last, from sources that no theme reaches.",
                Detection="`rg-theme lint` of 1.4 names such themes.",
            ),
            affected=[sources("roadglass/runtime", ("0", commit("lamps end")))],
            severity=[v40("AV:L/AC:L/AT:P/PR:H/UI:N/VC:N/VI:H/VA:N/SC:N/SI:H/SA:L")],
            cwes=[1021],
            references=[ref("FIX", "roadglass/commit/1a3f")],
        ),
        ADMIN,
        (Edit(1, ADMIN, {"credits": [thanks("Track Nine Testing", "REPORTER")]}), Publish(16, ADMIN)),
    ),
    Draft(
        ROADGLASS,
        20,
        write(
            "Integer overflow in the odometer's smoothing filter",
            details("Past 2³¹ metres the filter's sum is negative and the odometer shows zero."),
            affected=[up_to("ConanCenter", "roadglass-demo", "1.0.0", "1.4.0")],
            cwes=[190],
        ),
        None,
        (Edit(1, ADMIN, {"references": [ref("REPORT", "roadglass/issues/77")]}),),
    ),
    Draft(
        ROADGLASS,
        140,
        write("Debug port listens on all interfaces", cwes=[1327]),
        ADMIN,
        (Dismiss(1, ADMIN, "Written twice by mistake: see the report that came in a day earlier."),),
    ),
    Draft(
        KESTRELBUS,
        167,
        write(
            "Shared memory segments are readable by every local user",
            details(
                "Segments are created with mode `0666`. Local users can read the messages of others, and"
                " write into the ring.",
                Patches="Segments are created with mode `0600` and handed over by file descriptor.",
            ),
            affected=[
                package(
                    "crates.io", "kestrelbus-demo", ("0.3.0", "0.9.6"), ("1.0.0", "1.0.2"), kind="SEMVER"
                ),
                package("Ubuntu:24.04", "kestrelbus-demo", ("0", "0.9.4-1ubuntu0.1")),
            ],
            severity=[v31("AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:L"), {"type": "Ubuntu", "score": "medium"}],
            cwes=[276, 732],
            credit=[thanks("Mateus Oliveira")],
            references=[ref("FIX", "kestrelbus/pull/601"), ref("WEB", "kestrelbus/segments")],
        ),
        ADMIN,
        (Publish(2, ADMIN),),
    ),
    Draft(
        KESTRELBUS,
        3,
        write(
            "Reader of a ring can be made to loop by a writer that dies",
            details("A writer that ends between the two halves of an entry leaves a length of zero behind."),
            affected=[package("crates.io", "kestrelbus-demo", ("1.0.0", "1.2.0"), kind="SEMVER")],
            severity=[v31("AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:H")],
            cwes=[835],
        ),
        ADMIN,
        (Edit(1, ADMIN, {"credits": [thanks("ringcheck", "TOOL")]}),),
    ),
    Draft(
        KESTRELBUS,
        88,
        write(
            "Version 0.2 of the protocol has no authentication",
            details("Peers that speak 0.2 are let in without any proof of who they are."),
            affected=[package("crates.io", "kestrelbus-demo", ("0.1.0", "0.3.0"), kind="SEMVER")],
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N")],
            cwes=[306],
        ),
        ADMIN,
        (Dismiss(6, ADMIN, "0.2 was a study that was never released, and no release speaks it."),),
    ),
)
