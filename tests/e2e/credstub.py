"""A server that stands for STS, the access portal, the sign-in service, a
container's agent and instance metadata at once. The access keys it gives out
say where they come from: "ASIA.role.r.AKIDBASE" is role r, assumed with the
key AKIDBASE. Used by the credential table's generator and its test."""
import hashlib
import http.server
import json
import re
import threading
import time
import urllib.parse

LATER = "2099-01-01T00:00:00Z"


def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def when(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() +
                                                          seconds))


def expand(text, home, url):
    """Placeholders of the table: places and times are not known before."""
    return (text.replace("{home}", str(home)).replace("{url}", url)
            .replace("{later}", LATER).replace("{long}", "t" * 20000)
            .replace("{many}", "".join(
                f"[profile n{i}]\nregion = us-east-1\n"
                for i in range(10000))).replace("{past}", when(-3600))
            .replace("{soon}", when(120)))


def lay_out(row, home, url):
    """Writes a row's files below a home; returns its environment."""
    for name, text in {".aws/config": row.get("config", ""),
                       ".aws/credentials": row.get("credentials", ""),
                       **row.get("files", {})}.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(expand(text, home, url))
    env = {"HOME": str(home), "CDK_HOME": str(home / ".cdk"),
           "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1",
           "AWS_EC2_METADATA_DISABLED": "true",
           "AWS_EC2_METADATA_SERVICE_ENDPOINT": url}
    for name, value in row.get("env", {}).items():
        env[name] = expand(value, home, url)
    return env


def sts_reply(action, key):
    if action == "GetCallerIdentity":
        return ("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"
                "arn:aws:iam::111111111111:user/x</Arn><UserId>U</UserId>"
                "<Account>111111111111</Account></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>")
    return (f"<{action}Response><{action}Result><Credentials><AccessKeyId>"
            f"{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            f"<SessionToken>t</SessionToken><Expiration>{LATER}"
            "</Expiration></Credentials><AssumedRoleUser><Arn>a</Arn>"
            "<AssumedRoleId>i</AssumedRoleId></AssumedRoleUser>"
            f"</{action}Result></{action}Response>")


def metadata(key):
    return json.dumps({"Code": "Success", "AccessKeyId": key,
                       "SecretAccessKey": "s", "Token": "t",
                       "Expiration": LATER})


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self):
        self.reply(200, "imds-token")

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/federation/credentials":
            token = self.headers.get("x-amz-sso_bearer_token", "")
            key = (f"ASIA.sso.{query['account_id']}.{query['role_name']}."
                   f"{token}")
            self.reply(200, json.dumps({"roleCredentials": {
                "accessKeyId": key, "secretAccessKey": "s",
                "sessionToken": "t", "expiration": 4070908800000}}))
        elif url.path.startswith("/task/"):
            auth = self.headers.get("Authorization", "-")
            self.reply(200, metadata(
                f"ASIA.task.{url.path.rsplit('/', 1)[-1]}.{auth}"))
        elif url.path.endswith("/security-credentials/"):
            self.reply(200, "machine")
        elif url.path.endswith("/security-credentials/machine"):
            self.reply(200, metadata("ASIA.ec2.machine"))
        else:
            self.reply(404, "")

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        if self.path == "/token":
            self.reply(200, json.dumps({
                "accessToken": "renewed", "expiresIn": 28800,
                "refreshToken": "r2", "tokenType": "Bearer"}))
            return
        form = dict(urllib.parse.parse_qsl(body))
        auth = self.headers.get("Authorization", "")
        found = re.search(r"Credential=([^/,]+)/", auth)
        signer = found.group(1) if found else "-"
        action = form.get("Action", "")
        role = form.get("RoleArn", "").rsplit("/", 1)[-1]
        if action == "GetCallerIdentity":
            self.server.signers.append(signer)
        if action == "AssumeRoleWithWebIdentity":
            signer = form["WebIdentityToken"].strip()
            if len(signer) > 1000:
                signer = f"{len(signer)}-bytes"
            role = f"web.{role}"
        self.reply(200, sts_reply(action, f"ASIA.role.{role}.{signer}"))


class Server:
    def __init__(self):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                    Handler)
        self.http.daemon_threads = True
        self.http.signers = []
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever,
                         daemon=True).start()

    def take_signer(self):
        """The key of the last GetCallerIdentity since the last time."""
        seen, self.http.signers = self.http.signers, []
        return seen[-1] if seen else "none"

    def close(self):
        self.http.shutdown()
        self.http.server_close()
