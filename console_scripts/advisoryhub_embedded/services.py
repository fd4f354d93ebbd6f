"""The parts that the hub stands on, the outside ones left out, and what is handed to its processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from advisoryhub_embedded.constants import (
    ADMIN_GROUP,
    CLIENT_ID,
    CNA_ORG_ID,
    CNA_SHORT_NAME,
    DATABASE,
    LOOPBACK,
)
from advisoryhub_embedded.files import private_folder
from advisoryhub_embedded.keepsakes import load_secrets, provider_port
from advisoryhub_embedded.mail import SENDER, EmbeddedMail
from advisoryhub_embedded.outside import Given
from advisoryhub_embedded.parts import Part, ProcessPart
from advisoryhub_embedded.postgres import EmbeddedPostgres
from advisoryhub_embedded.redis import EmbeddedRedis
from advisoryhub_embedded.repository import PublicationRepository

_PROBE_SECONDS = 2.0


class _HubDatabase(EmbeddedPostgres):
    """The server, and in it the hub's empty database."""

    def start(self) -> None:
        super().start()
        if not self.has_database(DATABASE):
            self.create_database(DATABASE)


class Services:
    """One instance of each part whose setting is not given."""

    def __init__(self, given: Given, data_dir: Path, port: int) -> None:
        self._given = given
        self._secrets = load_secrets(data_dir / "secrets.json")
        self.log_dir = private_folder(data_dir / "log")
        self.base_url = given.value("ADVISORYHUB_BASE_URL") or f"http://localhost:{port}"
        self._client_id = given.value("OIDC_CLIENT_ID") or CLIENT_ID
        self._client_secret = given.value("OIDC_CLIENT_SECRET") or self._secrets["oidc_client"]
        self._postgres: EmbeddedPostgres | None = None
        self._redis: EmbeddedRedis | None = None
        self._mail: EmbeddedMail | None = None
        self._repository: PublicationRepository | None = None
        self.provider: Part | None = None
        if "DATABASE_URL" not in given:
            self._postgres = _HubDatabase(data_dir / "postgres", self.log_dir / "postgres.log")
        if "CELERY_BROKER_URL" not in given:
            self._redis = EmbeddedRedis(
                data_dir / "redis", self.log_dir / "redis.log", password=self._secrets["redis"]
            )
        if "OIDC_ISSUER" not in given:
            self._provider_port = provider_port(data_dir / "ports.json", port)
            self.provider = self._make_provider(private_folder(data_dir / "oidc"))
        if "EMAIL_HOST" not in given:
            self._mail = EmbeddedMail(data_dir / "mail", self.log_dir / "mail.log")
        if "PUB_REPO_URL" not in given:
            self._repository = PublicationRepository(data_dir / "publication.git")

    @property
    def parts(self) -> Sequence[Part]:
        mine = (self._postgres, self._redis, self.provider, self._mail, self._repository)
        return [part for part in mine if part is not None]

    @property
    def broker_url(self) -> str:
        return self._redis.url if self._redis else self._given.value("CELERY_BROKER_URL") or ""

    @property
    def _issuer(self) -> str:
        return f"http://localhost:{self._provider_port}"

    def outside(self) -> Iterator[tuple[str, str]]:
        """Yield the names of the parts that are not ours, with the setting that says so."""
        names = {
            "DATABASE_URL": EmbeddedPostgres.name,
            "CELERY_BROKER_URL": EmbeddedRedis.name,
            "OIDC_ISSUER": "Identity provider",
            "EMAIL_HOST": EmbeddedMail.name,
            "PUB_REPO_URL": PublicationRepository.name,
        }
        for variable, name in names.items():
            if variable in self._given:
                yield name, self._given.place(variable)

    def environment(self) -> dict[str, str]:
        """Return what the hub's processes are told; what is given is not among it. Call it once all is up."""
        told = {
            "OIDC_CLIENT_ID": self._client_id,
            "OIDC_CLIENT_SECRET": self._client_secret,
            "OIDC_ADMIN_GROUP": ADMIN_GROUP,
            "ADVISORYHUB_BASE_URL": self.base_url,
            "ADVISORYHUB_SESSION_SECRET": self._secrets["session"],
            "ADVISORYHUB_PRINCIPAL_KEY": self._secrets["principal"],
            "REDIS_URL": self.broker_url,
        }
        if self._postgres is not None:
            told["DATABASE_URL"] = self._postgres.app_url(DATABASE)
            told["DATABASE_OWNER_URL"] = self._postgres.owner_url(DATABASE)
        if self._redis is not None:
            told["CELERY_BROKER_URL"] = self._redis.url
        if self.provider is not None:
            told["OIDC_ISSUER"] = self._issuer
        if self._mail is not None:
            told["EMAIL_HOST"] = LOOPBACK
            told["EMAIL_FROM"] = SENDER
        if self._repository is not None:
            told["PUB_REPO_URL"] = self._repository.url
            told["PUB_CVE_ASSIGNER_ORG_ID"] = CNA_ORG_ID
            told["PUB_CVE_ASSIGNER_SHORT_NAME"] = CNA_SHORT_NAME
        wanted = {name: value for name, value in told.items() if name not in self._given}
        if self._mail is not None:
            # It belongs to the server, whatever is given for one that is not.
            wanted["EMAIL_PORT"] = str(self._mail.port)
        return {**wanted, "ADVISORYHUB_EMBEDDED": "1"}

    def _make_provider(self, folder: Path) -> ProcessPart:
        own = {"OIDC_CLIENT_ID": self._client_id, "OIDC_CLIENT_SECRET": self._client_secret}
        options = ["--port", str(self._provider_port), "--data", str(folder), "--base-url", self.base_url]
        return ProcessPart(
            "Identity provider",
            [sys.executable, "-m", "advisoryhub_embedded.oidc", *options],
            self.log_dir / "oidc.log",
            environment={k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"} | own,
            where=self._issuer,
            is_ready=self._provider_answers,
        )

    def _provider_answers(self) -> bool:
        url = f"http://{LOOPBACK}:{self._provider_port}/healthz"
        try:
            return httpx.get(url, timeout=_PROBE_SECONDS, trust_env=False).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False
