"""A small identity provider over real HTTP, which can be told to misbehave."""

import base64
import hashlib
import json
import secrets
import threading
import time
import warnings
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from advisoryhub_core.accounts.oidc import OIDCConfig, RelyingParty, open_client

CLIENT_ID = "hub client"
CLIENT_SECRET = "not:so/secret"
REDIRECT_URI = "https://hub.example.org/oidc/callback"


@pytest.fixture(scope="session")
def signing_keys():
    return {
        "RS256": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
        "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
        "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
        "spare": RSAKey.generate_key(2048, {"kid": "spare"}),
    }


class ProviderDouble:
    """Answers discovery, keys, tokens and userinfo; enforces PKCE, redirect URI and the client's secret."""

    def __init__(self, issuer, keys):
        self.issuer = issuer
        self.signing_keys = keys
        self.published = [keys["RS256"], keys["ES256"], keys["EdDSA"]]
        self.key = keys["RS256"]
        self.header = {"alg": "RS256", "kid": "rsa"}
        self.claims = {}
        self.userinfo = {"sub": "subject-1"}
        self.metadata = {}
        self.token_members = {}
        self.make_token = None
        self.answers = {}
        self.requests = []
        self.codes = {}

    def count(self, path):
        return sum(1 for _, requested, _, _ in self.requests if requested == path)

    def document(self):
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
        }
        return {name: value for name, value in {**document, **self.metadata}.items() if value is not None}

    def authorize(self, url, **parameters):
        """Play browser and person: return the query with which the browser comes back."""
        query = dict(parse_qsl(urlsplit(url).query))
        code = secrets.token_hex(8)
        self.codes[code] = query
        return {"code": code, "state": query["state"], **parameters}

    def respond(self, method, path, headers, body):
        if path in self.answers:
            answer = self.answers[path]
            return answer(body) if callable(answer) else answer
        if path == "/.well-known/openid-configuration":
            return self.json(self.document())
        if path == "/keys":
            return self.json({"keys": [key.as_dict(private=False) for key in self.published]})
        if path == "/token":
            return self.tokens(headers, parse_qs(body.decode()))
        if path == "/userinfo":
            known = headers["Authorization"] == "Bearer access-1"
            return self.json(self.userinfo) if known else self.json({}, 401)
        return self.json({"error": "not found"}, 404)

    def tokens(self, headers, form):
        query = self.codes.pop(form["code"][0], None)
        if not self.is_client(headers, form):
            return self.json({"error": "invalid_client"}, 401)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest())
        if (
            query is None
            or query["code_challenge_method"] != "S256"
            or challenge.rstrip(b"=").decode() != query["code_challenge"]
            or form["redirect_uri"] != [query["redirect_uri"]]
        ):
            return self.json({"error": "invalid_grant"}, 400)
        token = self.token(query["nonce"])
        body = {"id_token": token, "access_token": "access-1", "token_type": "Bearer", **self.token_members}
        return self.json({name: value for name, value in body.items() if value is not None})

    def is_client(self, headers, form):
        if "Authorization" in headers:
            pair = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
            return [unquote_plus(part) for part in pair.split(":")] == [CLIENT_ID, CLIENT_SECRET]
        return form.get("client_id") == [CLIENT_ID] and form.get("client_secret") in (None, [CLIENT_SECRET])

    def token(self, nonce):
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "email": "ada@example.org",
            "email_verified": True,
            "name": "Ada",
            "groups": ["jetty@example.org"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.make_token:
            return self.make_token(claims)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            registry = JWSRegistry(algorithms=[self.header["alg"]], strict_check_header=False)
            return jwt.encode(self.header, claims, self.key, registry=registry)

    @staticmethod
    def json(value, status=200):
        return status, {"Content-Type": "application/json"}, [json.dumps(value).encode()]


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        double = self.server.double
        path = urlsplit(self.path).path
        double.requests.append((self.command, path, dict(self.headers), body))
        status, headers, chunks = double.respond(self.command, path, self.headers, body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for chunk in chunks:
                self.wfile.write(chunk)
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass

    do_GET = answer  # noqa: N815 - named by the standard library
    do_POST = answer  # noqa: N815 - named by the standard library

    def log_message(self, *args):
        pass


@pytest.fixture
def provider(signing_keys):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.double = ProviderDouble(f"http://127.0.0.1:{server.server_port}", signing_keys)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.double
        server.shutdown()
        thread.join()


@pytest.fixture
def http():
    with open_client() as client:
        yield client


@pytest.fixture
def configure(provider):
    def build(**changes):
        settings = {
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            **changes,
        }
        return OIDCConfig(**settings)

    return build


@pytest.fixture
def party(configure, http):
    return RelyingParty(configure(), http)


@pytest.fixture
def sign_in(party, provider):
    """Run a whole sign-in at the double; keywords go to `begin`."""

    def run(relying_party=party, **keywords):
        saved = relying_party.begin(REDIRECT_URI, **keywords)
        answer = provider.authorize(saved.url)
        return relying_party.complete(answer, saved, REDIRECT_URI, datetime.now(UTC))

    return run


@pytest.fixture
def redirect_uri():
    return REDIRECT_URI
