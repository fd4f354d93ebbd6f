"""The one way to the provider: short time limits, no redirects, answers of at most 1 MiB of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from advisoryhub_core.accounts.oidc.errors import ProviderUnavailable

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_ANSWER_SECONDS = 20.0
LARGEST_ANSWER_BYTES = 1024 * 1024

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Mapping[str, Any]


def open_client() -> httpx.Client:
    """Return an HTTP client for `RelyingParty`; it is thread-safe and its owner closes it."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False)


@dataclass(frozen=True)
class ProviderHTTP:
    """Asks the provider for JSON objects; every failure becomes `ProviderUnavailable`.

    The limits hold for any `client`: connecting 5 s, each read 10 s, the whole body 20 s and 1 MiB.
    A compressed answer is refused, as a small one can unfold to any size.
    """

    client: httpx.Client

    def get(self, what: str, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Return the JSON object at `url`; any status but 200 is a failure."""
        answer = self._ask(what, "GET", url, headers=headers or {})
        if answer.status != httpx.codes.OK:
            raise ProviderUnavailable(what, f"it answered with status {answer.status}")
        return answer.body

    def post(self, what: str, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Return the JSON object that answers a form; statuses of 500 and above are failures."""
        return self._ask(what, "POST", url, headers=headers, form=form)

    def _ask(
        self,
        what: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            with self.client.stream(
                method,
                url,
                headers={**_HEADERS, **headers},
                data=form,
                timeout=TIMEOUT,
                follow_redirects=False,
            ) as response:
                _refuse_status(what, response.status_code)
                return Answer(response.status_code, _json_object(what, _read(what, response)))
        except httpx.TimeoutException:
            raise ProviderUnavailable(what, "it took too long to answer") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderUnavailable(what, "it could not be reached") from None


def _refuse_status(what: str, status: int) -> None:
    if httpx.codes.is_redirect(status):
        raise ProviderUnavailable(what, "it answered with a redirect, which is not followed")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise ProviderUnavailable(what, f"it answered with status {status}")


def _read(what: str, response: httpx.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ProviderUnavailable(what, "the answer is compressed, which was not asked for")
    deadline = time.monotonic() + LONGEST_ANSWER_SECONDS
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES:
            raise ProviderUnavailable(what, "the answer is larger than 1 MiB")
        if time.monotonic() > deadline:
            raise ProviderUnavailable(what, "it took too long to answer")
    return bytes(body)


def _json_object(what: str, body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderUnavailable(what, "the answer is not JSON") from None
    if not isinstance(value, dict):
        raise ProviderUnavailable(what, "the answer is not a JSON object")
    return value
