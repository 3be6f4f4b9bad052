"""S3 and ECR for asset tests, on top of the scripted endpoint: keeps every
request with its headers, takes uploads in parts, checks what is promised.

Scenario keys besides those of aws.py:
  buckets     {name: {"encryption": (algorithm, key), "denied": bool,
              "owner": account, "elsewhere": region}}; "assets" alone is there
              by default
  repositories {name: [image tags]}
  registry     host of a plain-HTTP registry that stands for ECR
  image_details what DescribeImages tells of an image that is there
  begun        {"uploads": [[key, id, time, checksum algorithm?]],
              "denied": bool, "ended": [ids]}:
              what ListMultipartUploads tells; their parts are server.parts
  no_checksums HeadObject refuses to tell them
  swallow      parts are looked at and not kept
  signed_only  parts whose bytes are not signed are refused
  upload_faults [{"part": n (0: single PUT), "times": n, "status": s,
              "code": c, or "touch": file that grows then}]
"""
import base64
import hashlib
import json
import stat
import struct
import urllib.parse
import zlib

import aws
from harness import Bench

NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
FAKE_DOCKER = """#!/usr/bin/env python3
import json, os, sys
args = sys.argv[1:]
with open(os.environ["DOCKER_LOG"], "a") as f:
    f.write(json.dumps({
        "args": args, "cwd": os.path.basename(os.getcwd()),
        "stdin": sys.stdin.read() if "login" in args else "",
        "attest": os.environ.get("BUILDX_NO_DEFAULT_ATTESTATIONS"),
        "config": [os.path.isfile(os.path.join(args[1], "config.json")),
                   open(os.path.join(args[1], "config.json")).read()]
        if args[0] == "--config" else None}) + "\\n")
rest = args[2:] if args[0] == "--config" else args
script = json.loads(os.environ.get("DOCKER_SCRIPT", "{}"))
out, err, status = script.get(rest[0], ["", "", 1 if rest[0] == "inspect"
                                        else 0])
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(status)
"""


def error(code):
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"


def crc32(data):
    return base64.b64encode(struct.pack(">I", zlib.crc32(data))).decode()


def composite(parts):
    """S3's checksum of an object that came in parts."""
    whole = b"".join(struct.pack(">I", zlib.crc32(p)) for p in parts)
    return f"{crc32(whole)}-{len(parts)}"


def etag_of(parts):
    whole = b"".join(hashlib.md5(p).digest() for p in parts)
    return f'"{hashlib.md5(whole).hexdigest()}-{len(parts)}"'


class Handler(aws.Handler):
    def target(self):
        url = urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query,
                                            keep_blank_values=True))
        _, bucket, *key = urllib.parse.unquote(url.path).split("/", 2)
        return bucket, key[0] if key else "", query

    def record(self, what, **more):
        bucket, key, query = self.target()
        with self.server.lock:
            self.server.calls.append({
                "what": what, "bucket": bucket, "key": key, "query": query,
                "headers": {k.lower(): v for k, v in self.headers.items()},
                **more})

    def bucket(self):
        all_ = self.server.world.s.get("buckets", {"assets": {}})
        return all_.get(self.target()[0])

    def missing_bucket(self):
        b = self.bucket()
        if b is None:
            self.reply(404, error("NoSuchBucket"))
        elif b.get("denied"):
            self.reply(403, error("AccessDenied"))
        elif b.get("elsewhere"):
            self.reply(301, "<Error><Code>PermanentRedirect</Code><Message>"
                       "The bucket you are attempting to access must be "
                       "addressed using the specified endpoint. Please send "
                       "all future requests to this endpoint.</Message>"
                       "<Endpoint>assets.s3.example</Endpoint></Error>",
                       headers=[("x-amz-bucket-region", b["elsewhere"])])
        else:
            return False
        return True

    def do_GET(self):
        bucket, _, query = self.target()
        self.record("location" if "location" in query else
                    "encryption" if "encryption" in query else
                    "uploads" if "uploads" in query else
                    "parts" if "uploadId" in query else
                    "get" if "x-id" in query else "list")
        if self.missing_bucket():
            return
        if "uploads" in query or "uploadId" in query:
            self.tell_uploads(query)
            return
        if "x-id" in query:
            first, last = self.headers["Range"][6:].split("-")
            data = self.server.stored[self.target()[:2]]
            self.send_response(206)
            data = data[int(first):int(last) + 1]
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        b = self.bucket()
        owner = self.headers.get("x-amz-expected-bucket-owner")
        if "location" in query:
            if owner and b.get("owner", owner) != owner:
                self.reply(403, error("AccessDenied"))
            else:
                self.reply(200, f"<LocationConstraint {NS}/>")
        elif "encryption" in query:
            algorithm, key = b.get("encryption", ("AES256", None))
            self.reply(200, f"<ServerSideEncryptionConfiguration {NS}><Rule>"
                       "<ApplyServerSideEncryptionByDefault>"
                       f"<SSEAlgorithm>{algorithm}</SSEAlgorithm>" +
                       (f"<KMSMasterKeyID>{key}</KMSMasterKeyID>"
                        if key else "") +
                       "</ApplyServerSideEncryptionByDefault></Rule>"
                       "</ServerSideEncryptionConfiguration>")
        else:
            hit = sorted(k for b, k in self.server.stored
                         if b == bucket and k.startswith(query["prefix"]))
            self.reply(200, f"<ListBucketResult {NS}>" + "".join(
                aws.xml("Contents", {"Key": k, "Size": len(
                    self.server.stored[bucket, k])}) for k in hit[:1]) +
                "</ListBucketResult>")

    def tell_uploads(self, query):
        """What an earlier run left: scenario key "begun"."""
        begun = self.server.world.s.get("begun", {})
        if begun.get("denied"):
            self.reply(403, error("AccessDenied"))
        elif "uploads" in query:
            rows = begun.get("uploads", [])
            self.reply(200, f"<ListMultipartUploadsResult {NS}>" + "".join(
                aws.xml("Upload", {"Key": k, "UploadId": i, "Initiated": at,
                                   **dict(zip(["ChecksumAlgorithm"], more))})
                for k, i, at, *more in rows) + "</ListMultipartUploadsResult>")
        else:
            after = int(query.get("part-number-marker", 0))
            rows = [(n, d) for n, d in sorted(self.server.parts.items())
                    if n > after]
            self.reply(200, f"<ListPartsResult {NS}><IsTruncated>"
                       f"{str(len(rows) > 1).lower()}</IsTruncated>" +
                       "".join(aws.xml("Part", {
                           "PartNumber": n, "ETag": f'"e{n}"',
                           "Size": len(d), "ChecksumCRC32": crc32(d)})
                           for n, d in rows[:1]) + "</ListPartsResult>")

    def fault(self, part):
        with self.server.lock:
            for f in self.server.world.s.get("upload_faults", []):
                if f["part"] == part and f.get("times", 1) > 0:
                    f["times"] = f.get("times", 1) - 1
                    return f
        return None

    def do_PUT(self):
        data = self.body()
        bucket, key, query = self.target()
        part = int(query.get("partNumber", 0))
        digest = hashlib.sha256(data).digest()
        b64 = base64.b64encode(digest).decode()
        payload = self.headers["x-amz-content-sha256"]
        signed = payload == digest.hex()
        known = self.headers["x-amz-checksum-crc32"] == crc32(data) and \
            "x-amz-checksum-crc32" in self.headers["authorization"] \
            if part else self.headers["x-amz-checksum-sha256"] == b64
        self.record("part" if part else "put", size=len(data), signed=signed,
                    honest=known and (signed or part and
                                      payload == "UNSIGNED-PAYLOAD"))
        f = self.fault(part)
        if not signed and self.server.world.s.get("signed_only"):
            f = {"status": 403, "code": "AccessDenied"}
        if f and "touch" in f:
            with open(f["touch"], "ab") as changed:
                changed.write(b"more")
            f = None
        if f:
            self.reply(f["status"], error(f["code"]))
        elif self.missing_bucket():
            return
        elif part:
            with self.server.lock:
                self.server.parts[part] = data if not \
                    self.server.world.s.get("swallow") else b""
            self.reply(200, "", headers=[
                ("ETag", f'"e{part}"'), ("x-amz-checksum-crc32", crc32(data))])
        else:
            with self.server.lock:
                self.server.stored[bucket, key] = data
                self.server.sums[bucket, key] = "sha256", b64
            self.reply(200, "", headers=[("ETag", '"e"')])

    def do_POST(self):
        bucket, key, query = self.target()
        if "uploads" in query:
            self.body()
            self.record("begin")
            self.reply(200, f"<InitiateMultipartUploadResult {NS}>"
                       "<UploadId>u/1+2</UploadId>"
                       "</InitiateMultipartUploadResult>")
        elif query.get("uploadId") in self.server.world.s.get(
                "begun", {}).get("ended", []):
            self.body()
            self.record("complete")
            self.reply(404, error("NoSuchUpload"))
        elif "uploadId" in query:
            self.record("complete", text=self.body().decode())
            with self.server.lock:
                parts = [self.server.parts[n]
                         for n in sorted(self.server.parts)]
                self.server.stored[bucket, key] = b"".join(parts)
                self.server.sums[bucket, key] = "crc32", composite(parts)
                self.server.etags[bucket, key] = etag_of(parts)
            self.reply(200, f"<CompleteMultipartUploadResult {NS}/>")
        else:
            super().do_POST()

    def do_HEAD(self):
        bucket, key, _ = self.target()
        self.record("head")
        data = self.server.stored.get((bucket, key))
        denied = self.server.world.s.get("no_checksums") and \
            "x-amz-checksum-mode" in self.headers
        self.send_response(403 if denied else 404 if data is None else 200)
        if data is not None and not denied:
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", self.server.etags.get(
                (bucket, key), f'"{hashlib.md5(data).hexdigest()}"'))
            known = self.server.sums.get((bucket, key))
            if known and "x-amz-checksum-mode" in self.headers:
                self.send_header(f"x-amz-checksum-{known[0]}", known[1])
        else:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self):
        self.record("abort")
        self.reply(204, "")

    def registry(self):
        return self.server.world.s.get("registry", REGISTRY)

    def insecure(self):
        return "" if "registry" in self.server.world.s else "s"

    def json_call(self, target, text):
        action = target.split(".")[-1]
        p = json.loads(text or "{}")
        repos = self.server.world.s.get("repositories", {"repo": []})
        kind = "application/x-amz-json-1.1"
        self.server.calls.append({"what": action, "input": p})
        if action == "DescribeRepositories":
            name = p["repositoryNames"][0]
            if name not in repos:
                self.reply(400, json.dumps(
                    {"__type": "RepositoryNotFoundException"}), kind)
                return
            answer = {"repositories": [
                {"repositoryUri": f"{self.registry()}/{name}"}]}
        elif action == "CreateRepository":
            name = p["repositoryName"]
            self.server.world.s.setdefault("repositories", {})[name] = []
            answer = {"repository": {
                "repositoryUri": f"{self.registry()}/{name}"}}
        elif action == "PutImageScanningConfiguration":
            answer = {}
        elif action == "DescribeImages":
            tags = repos[p["repositoryName"]]
            if p["imageIds"][0]["imageTag"] not in tags:
                self.reply(400, json.dumps(
                    {"__type": "ImageNotFoundException"}), kind)
                return
            answer = {"imageDetails": [
                self.server.world.s.get("image_details", {})]}
        elif action == "GetAuthorizationToken":
            answer = {"authorizationData": [{
                "authorizationToken":
                    base64.b64encode(b"AWS:pass:word").decode(),
                "proxyEndpoint": f"http{self.insecure()}://"
                                 f"{self.registry()}/"}]}
        else:
            super().json_call(target, text)
            return
        self.reply(200, json.dumps(answer), kind)


def serve_assets(server):
    """Makes an S3 and ECR of a scripted endpoint."""
    server.RequestHandlerClass = Handler
    server.calls, server.stored = [], {}
    server.parts, server.sums, server.etags = {}, {}, {}


class Assets(Bench):
    """One stack, "My-S", with an asset manifest."""

    def __init__(self, folder, files=None, images=None, scenario=None,
                 required=None):
        super().__init__(folder, scenario, {"S1": {
            "properties": {"stackName": "My-S"}, "deps": ["S1.assets"]}})
        serve_assets(self.server)
        manifest = json.loads((self.app / "manifest.json").read_text())
        manifest["artifacts"]["S1.assets"] = {
            "type": "cdk:asset-manifest", "properties": {
                "file": "S1.assets.json", **(required or {})}}
        (self.app / "manifest.json").write_text(json.dumps(manifest))
        (self.app / "S1.assets.json").write_text(json.dumps({
            "version": "36.0.0", "files": files or {},
            "dockerImages": images or {}}))
        self.docker_log = folder / "docker.log"
        docker = folder / "docker"
        docker.write_text(FAKE_DOCKER)
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)

    def publish(self, *args, env=None):
        return self.run("publish-assets", "--unstable=publish-assets", *args,
                        env={"CDK_DOCKER": str(self.folder / "docker"),
                             "DOCKER_LOG": str(self.docker_log),
                             "TMPDIR": str(self.folder), **(env or {})})

    def calls(self, *what):
        return [c for c in self.server.calls if c["what"] in what]

    def sequence(self):
        return [c["what"] for c in self.server.calls]

    def docker(self):
        if not self.docker_log.exists():
            return []
        return [json.loads(line)
                for line in self.docker_log.read_text().splitlines()]


def file_asset(source, key, name=None, **dest):
    a = {"source": source, "destinations": {"d1": {
        "bucketName": "assets", "objectKey": key, **dest}}}
    if name:
        a["displayName"] = name
    return a


def image_asset(source, tag="t1", repo="repo", name="Img"):
    return {"displayName": name, "source": source, "destinations": {
        "d1": {"repositoryName": repo, "imageTag": tag}}}
