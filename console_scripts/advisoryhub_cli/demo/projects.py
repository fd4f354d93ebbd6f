"""The projects of the demonstration. All but the two that people belong to are invented."""

from __future__ import annotations

from dataclasses import dataclass

from advisoryhub_core.acts import Act
from advisoryhub_core.projects.services import create_project
from advisoryhub_embedded.people import JETTY, MOSQUITTO

LANTERNFISH = "technology.lanternfish"
QUILLWRIGHT = "tools.quillwright"
TIDEPOOL = "iot.tidepool"
ROADGLASS = "automotive.roadglass"
SALTMARSH = "ee4j.saltmarsh"
FERNLEAF = "modeling.fernleaf"
KESTRELBUS = "rt.kestrelbus"
WINDROSE = "adoptium.windrose"
BILBERRY = "ecd.bilberry"
PEBBLEGRAPH = "science.pebblegraph"


@dataclass(frozen=True)
class DemoProject:
    """A project with its PMI id; its team is the group `<slug>-security@eclipse.org`."""

    slug: str
    name: str
    description: str
    mature: bool = False

    @property
    def team(self) -> str:
        return f"{self.slug}-security@eclipse.org"

    @property
    def homepage(self) -> str:
        return f"https://projects.example.org/{self.slug}"


PROJECTS = (
    DemoProject(JETTY.slug, JETTY.name, "Web server and servlet container."),
    DemoProject(MOSQUITTO.slug, MOSQUITTO.name, "MQTT broker and clients.", mature=True),
    DemoProject(LANTERNFISH, "Eclipse Lanternfish", "API gateway for browsers and devices."),
    DemoProject(QUILLWRIGHT, "Eclipse Quillwright", "Editor and language servers for technical writing."),
    DemoProject(TIDEPOOL, "Eclipse Tidepool", "Fleet management for constrained devices.", mature=True),
    DemoProject(ROADGLASS, "Eclipse Roadglass", "Instrument cluster runtime for vehicles."),
    DemoProject(SALTMARSH, "Eclipse Saltmarsh", "Persistence provider for enterprise Java.", mature=True),
    DemoProject(FERNLEAF, "Eclipse Fernleaf", "Graphical modelling in the browser and on the desktop."),
    DemoProject(KESTRELBUS, "Eclipse Kestrelbus", "Zero-copy message bus between processes and machines."),
    DemoProject(WINDROSE, "Eclipse Windrose", "Reproducible builds of language runtimes."),
    DemoProject(BILBERRY, "Eclipse Bilberry", "Workspaces and an editor in the browser."),
    DemoProject(PEBBLEGRAPH, "Eclipse Pebblegraph", "Exploring measurement series as graphs."),
)


def add_projects(act: Act) -> None:
    """Add every project of the demonstration. Raises `PayloadInvalid` for one that is there already."""
    for project in PROJECTS:
        create_project(
            act,
            slug=project.slug,
            name=project.name,
            security_team=project.team,
            description=project.description,
            homepage=project.homepage,
            mature=project.mature,
        )
