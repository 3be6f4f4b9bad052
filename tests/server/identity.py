"""STS, IAM Identity Center and a build system's token service, scripted, for
tests of who a run is.

Scenario keys besides those of aws.py:
  keys      {access key id: {"account", "arn", "error": code}}; other keys are
            refused with InvalidClientTokenId
  roles     {role arn: {"error": code, "key": id handed out, "seconds": life,
            "by": [key ids that may assume it]}}; any role works without this
  tokens    answers of CreateToken, in order: an error name, or {} for a token
            (the last one repeats); "expires_in", "interval" of the code
  portal    {bearer token: access key id} of role credentials; others are
            refused
  identity_token  answer of the build system: a text, or an HTTP status
"""
import base64
import datetime
import hashlib
import json
import urllib.parse

import aws
from harness import Bench

CODE = "ABCD-EFGH"


def later(seconds):
    return aws.stamp(datetime.datetime.now(datetime.timezone.utc) +
                     datetime.timedelta(seconds=seconds))


class Api(aws.Api):
    key = None

    def known(self):
        keys = self.w.s.get("keys")
        if keys is None:
            return {"account": self.w.account}
        found = keys.get(self.key)
        if found is None:
            raise aws.Failure("InvalidClientTokenId", "The security token "
                              "included in the request is invalid.", 403)
        if "error" in found:
            raise aws.Failure(found["error"], "The security token included "
                              "in the request is expired", 403)
        return found

    def GetCallerIdentity(self, p):
        k = self.known()
        account = k.get("account", self.w.account)
        return {"Arn": k.get("arn", f"arn:aws:iam::{account}:user/u"),
                "UserId": "AIDAEXAMPLE", "Account": account}

    def hand_out(self, p):
        role = self.w.s.get("roles", {}).get(p["RoleArn"], {})
        if "error" in role or self.key not in role.get("by", [self.key]):
            raise aws.Failure(role.get("error", "AccessDenied"),
                              f"no {p['RoleArn']} for you", 403)
        return {"Credentials": {
            "AccessKeyId": role.get("key", "ASIAIOSFODNN7EXAMPLE"),
            "SecretAccessKey": "role-secret", "SessionToken": "role-token",
            "Expiration": later(role.get("seconds", 3600))}}

    def AssumeRole(self, p):
        self.known()
        return self.hand_out(p)

    def AssumeRoleWithWebIdentity(self, p):
        return self.hand_out(p)

    def DescribeStacks(self, p):
        self.known()
        return super().DescribeStacks(p)


class Handler(aws.Handler):
    def signer(self):
        auth = self.headers.get("Authorization") or ""
        return auth.partition("Credential=")[2].partition("/")[0] or None

    def query(self, params):
        with self.server.lock:
            self.server.api.key = self.signer()
            self.server.signers.append((params["Action"], self.signer()))
            self.server.on_call(params["Action"], len(self.server.signers))
            super().query(params)

    def answer(self, status, doc):
        self.reply(status, json.dumps(doc), "application/json")

    def oidc(self, path, p):
        world = self.server.world
        with self.server.lock:
            self.note("oidc", path, p)
            if path == "/client/register":
                return 200, {"clientId": "client-1",
                             "clientSecret": "client-secret",
                             "clientIdIssuedAt": 1,
                             "clientSecretExpiresAt": 4102444800}
            if path == "/device_authorization":
                page = self.server.url + "/page"
                return 200, {
                    "deviceCode": "device-secret", "userCode": CODE,
                    "verificationUri": page,
                    "verificationUriComplete":
                        world.s.get("page", f"{page}?user_code={CODE}"),
                    "expiresIn": world.s.get("expires_in", 600),
                    "interval": world.s.get("interval", 1)}
            if p.get("grantType") == "authorization_code":
                good = self.server.challenge(p["codeVerifier"])
                if p["code"] != "the/code" or good != world.challenge:
                    return 400, {"error": "invalid_grant",
                                 "error_description": "wrong proof"}
            script = world.s.setdefault("tokens", [{}])
            step = script.pop(0) if len(script) > 1 else script[0]
            if step == "drop":
                return 0, {}
            if step != {}:
                return 400, {"error": step, "error_description":
                             f"words about {step}"}
            return 200, {"accessToken": "sso-access-secret",
                         "expiresIn": 28800, "tokenType": "Bearer",
                         "refreshToken": "sso-refresh-secret"}

    def do_POST(self):
        path = urllib.parse.urlparse(self.path).path
        if path not in ("/client/register", "/device_authorization",
                        "/token"):
            super().do_POST()
            return
        status, doc = self.oidc(path, json.loads(self.body() or b"{}"))
        if status:
            self.answer(status, doc)
        else:
            self.close_connection = True

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        q = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/authorize":
            with self.server.lock:
                self.note("oidc", url.path, q)
                self.server.world.challenge = q["code_challenge"]
                back = {"state": q["state"], "code": "the/code",
                        **self.server.world.s.get("back", {})}
            self.reply(302, "", headers=[("Location", q["redirect_uri"] +
                                          "?" + urllib.parse.urlencode(
                                              {k: v for k, v in back.items()
                                               if v is not None}))])
        elif url.path == "/federation/credentials":
            with self.server.lock:
                self.note("portal", url.path, {
                    **q, "bearer": self.headers["x-amz-sso_bearer_token"]})
            known = self.server.world.s.get("portal")
            bearer = self.headers["x-amz-sso_bearer_token"]
            if known is not None and bearer not in known:
                self.answer(401, {"message": "Session token not found or "
                                  "invalid"})
                return
            self.answer(200, {"roleCredentials": {
                "accessKeyId": (known or {}).get(bearer, "ASIASSO1EXAMPLE"),
                "secretAccessKey": "sso-secret", "sessionToken": "sso-token",
                "expiration": 4102444800000}})
        elif url.path == "/idtoken":
            with self.server.lock:
                self.note("idtoken", url.path, {
                    **q, "authorization": self.headers["Authorization"]})
                told = self.server.world.s.get("identity_token", "jwt-secret")
            if isinstance(told, int):
                self.answer(told, {})
            else:
                self.answer(200, {"value": told, "count": 1})
        else:
            super().do_GET()


class Identity(Bench):
    """Bench with the scripted identity services; the run has no credentials
    but those that a test gives it."""

    def __init__(self, folder, scenario=None, stacks=None):
        super().__init__(folder, scenario, stacks)
        self.server.RequestHandlerClass = Handler
        self.server.signers = []
        self.server.challenge = lambda verifier: base64.urlsafe_b64encode(
            hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        self.server.on_call = lambda action, n: None
        self.server.api = Api(self.server.world)
        self.home = folder / "home"
        (self.home / ".aws").mkdir(parents=True)

    def aws_file(self, name, text):
        (self.home / ".aws" / name).write_text(text)

    def run(self, *args, env=None, keys=True, timeout=120):
        bare = {} if keys else {"AWS_ACCESS_KEY_ID": "",
                                "AWS_SECRET_ACCESS_KEY": ""}
        return super().run(*args, env={**bare, **(env or {})},
                           timeout=timeout)

    def requests(self, service):
        return [(a, p) for s, a, p in self.server.requests if s == service]
