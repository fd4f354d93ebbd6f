"""Invented reports that nobody has decided about yet, in the words of those who sent them."""

from __future__ import annotations

from advisoryhub_cli.demo.people import COLLABORATOR
from advisoryhub_cli.demo.projects import BILBERRY, LANTERNFISH, PEBBLEGRAPH, SALTMARSH
from advisoryhub_cli.demo.story import Report
from advisoryhub_cli.demo.writing import package, ref, v31, write
from advisoryhub_core.projects.models import UNSORTED
from advisoryhub_embedded.people import JETTY, MOSQUITTO

STORIES = (
    Report(
        JETTY.slug,
        8,
        write(
            "Server hangs when I send an empty chunk extension",
            "Hello,\n\nif I send `0;\\r\\n` as the last chunk, the connection is never closed and a thread"
            " stays busy.\n\n```\nprintf 'POST / HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked"
            "\\r\\n\\r\\n0;\\r\\n' | nc localhost 8080\n```\n\nTested with 12.0.25."
            " I have not told anybody else.",
            affected=[package("Maven", "org.example.jetty:jetty-server", versions=["12.0.25"])],
            severity=[v31("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")],
        ),
        COLLABORATOR,
    ),
    Report(
        JETTY.slug,
        2,
        write(
            "XSS in the error page?",
            "The page for 404 shows the path. I could not get a script through, but a colleague says that it"
            " worked in his browser. We will send more when we have it.",
        ),
    ),
    Report(
        MOSQUITTO.slug,
        5,
        write(
            "Broker restarts when a client sends a property twice",
            "Sending *Topic Alias* twice in one PUBLISH ends the broker with an assertion:\n\n"
            "    assertion failed: alias == 0 (property_mosq.c)\n\nThe standard says that this is a protocol"
            " error, so the client should be disconnected instead.",
            references=[ref("EVIDENCE", "mosquitto/alias-twice.pcap")],
        ),
    ),
    Report(
        MOSQUITTO.slug,
        57,
        write(
            "Old clients can be downgraded to TLS 1.0",
            "Our scanner reports that TLS 1.0 is accepted on port 8883. Please see the attachment (I could"
            " not find where to attach it).",
        ),
    ),
    Report(
        LANTERNFISH,
        1,
        write(
            "Token of another user in an error response",
            "While testing our own application we got the answer below from the gateway. The token in it is"
            " not ours:\n\n> 502 upstream said: invalid token eyJ… for user 1182\n\nIt happened twice in an"
            " hour under load, with version 5.3.0 and upstream keep-alive on.",
            affected=[package("npm", "@example/lanternfish-gateway", versions=["5.3.0"])],
        ),
    ),
    Report(
        SALTMARSH,
        16,
        write(
            "Schema export writes passwords of data sources into the SQL file",
            "The first lines of the exported file are comments with the URL of the data source, which has the"
            " password in it where somebody put it there.",
        ),
    ),
    Report(
        BILBERRY,
        104,
        write(
            "Possible open redirect after sign-in",
            "`/signin?next=//example.com` goes to example.com. Low severity, but it helps phishing.",
            severity=[v31("AV:N/AC:L/PR:N/UI:R/S:C/C:N/I:L/A:N")],
        ),
    ),
    Report(
        PEBBLEGRAPH,
        29,
        write(
            "Saved graphs contain the whole data set",
            "I shared a graph of ten points and the file had all of our measurements in it. Is that"
            " meant to be?",
        ),
    ),
    Report(
        UNSORTED,
        0.4,
        write(
            "Vulnerability in your update server",
            "The update server answers with a directory listing for `/old/`. I do not know which of your"
            " projects runs it.",
        ),
    ),
    Report(
        UNSORTED,
        10,
        write(
            "Name of an abandoned package can be registered",
            "A README of one of your projects says to install a package from a registry on which that name"
            " does not exist. Anybody could register it and run code on the machines of your users.",
            references=[ref("WEB", "notes/abandoned-names")],
        ),
    ),
    Report(
        UNSORTED,
        133,
        write(
            "Please remove my address from the mailing list",
            "This is not a vulnerability, but I did not find another form.",
        ),
    ),
)
