"""The provider as a process of its own."""

import os
import signal
import subprocess
import sys

import httpx

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OIDC_")}


def command(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "advisoryhub_embedded.oidc", *map(str, arguments)],
        env={**ENVIRONMENT, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def test_it_serves_until_it_is_told_to_end(tmp_path, a_free_port, soon):
    arguments = ("--port", a_free_port, "--data", tmp_path / "oidc", "--base-url", "http://hub.test")
    with command(*arguments, OIDC_CLIENT_SECRET="very secret") as process:
        soon(lambda: answers(a_free_port))
        asked = httpx.get(
            f"http://localhost:{a_free_port}/authorize",
            params={
                "response_type": "code",
                "client_id": "advisoryhub",
                "redirect_uri": "http://hub.test/oidc/callback/",
                "scope": "openid",
                "code_challenge": "c" * 43,
                "code_challenge_method": "S256",
            },
        )
        assert "Alma Admin" in asked.text
        with command(*arguments, OIDC_CLIENT_SECRET="very secret") as second:
            assert second.wait(20) == 1
            assert f"cannot listen on port {a_free_port}" in second.stderr.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (tmp_path / "oidc" / "signing-keys.json").exists()


def test_it_wants_a_secret(tmp_path):
    with command("--data", tmp_path) as process:
        assert process.wait(20) == 2
        assert "OIDC_CLIENT_SECRET is not set" in process.stderr.read()
