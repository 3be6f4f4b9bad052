"""Container images made of nothing, and registries to push them to: Debian's
docker-registry, and a scripted one that misbehaves on request."""
import base64
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OCI = "application/vnd.oci.image."
INDEX, MANIFEST = OCI + "index.v1+json", OCI + "manifest.v1+json"
BASIC = "Basic " + base64.b64encode(b"AWS:pass:word").decode()
# of "pass:word"
HTPASSWD = "AWS:$2b$05$abcdefghijklmnopqrstuuDIEddBSuRWBBEY6g5zv60IAP5bSSfki\n"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer(files):
    """An uncompressed layer with {name: content}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as t:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def config(layers, arch="amd64"):
    return json.dumps({"architecture": arch, "os": "linux", "rootfs": {
        "type": "layers", "diff_ids": [digest(d) for d in layers]}}).encode()


class Layout:
    """An OCI image layout being filled."""

    def __init__(self, folder):
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def add(self, data, media_type):
        (self.blobs / digest(data)[7:]).write_bytes(data)
        return {"mediaType": media_type, "digest": digest(data),
                "size": len(data)}

    def image(self, *layers, arch="amd64"):
        return self.add(json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": self.add(config(layers, arch), OCI + "config.v1+json"),
            "layers": [self.add(d, OCI + "layer.v1.tar") for d in layers],
        }).encode(), MANIFEST)

    def index(self, *descriptors):
        return self.add(json.dumps({"schemaVersion": 2, "mediaType": INDEX,
                                    "manifests": descriptors}).encode(),
                        INDEX)

    def close(self, *descriptors):
        (self.folder / "index.json").write_text(json.dumps(
            {"schemaVersion": 2, "manifests": descriptors}))
        return descriptors[0]["digest"]


def platform(descriptor, arch):
    return {**descriptor, "platform": {"os": "linux", "architecture": arch}}


def archive(folder, target):
    """The folder's files as a tar archive."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as t:
        for path in sorted(folder.rglob("*")):
            t.add(path, path.relative_to(folder), recursive=False)


def saved(folder, layers, linked=False):
    """What `docker save` wrote before it wrote layouts."""
    folder.mkdir()
    conf = config(layers)
    name = digest(conf)[7:] + ".json"
    (folder / name).write_bytes(conf)
    names = []
    for n, data in enumerate(layers):
        sub = folder / f"{n:064x}"
        sub.mkdir()
        if linked and n and data == layers[0]:
            (sub / "layer.tar").symlink_to(f"../{0:064x}/layer.tar")
        else:
            (sub / "layer.tar").write_bytes(data)
        names.append(f"{n:064x}/layer.tar")
    (folder / "manifest.json").write_text(json.dumps(
        [{"Config": name, "RepoTags": ["x:y"], "Layers": names}]))


# ---- Debian's registry -------------------------------------------------------

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Registry:
    """docker-registry on loopback, with a password."""
    program = shutil.which("docker-registry")

    def __init__(self, folder):
        self.host = f"127.0.0.1:{free_port()}"
        folder.mkdir()
        (folder / "htpasswd").write_text(HTPASSWD)
        (folder / "config.yml").write_text(json.dumps({
            "version": 0.1, "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(folder)}},
            "auth": {"htpasswd": {"realm": "r",
                                  "path": str(folder / "htpasswd")}},
            "http": {"addr": self.host}}))
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            [self.program, "serve", str(folder / "config.yml")],
            stdout=self.log, stderr=self.log)
        self.wait()

    def wait(self):
        for _ in range(200):
            try:
                self.get("/v2/")
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("docker-registry did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def get(self, path, accept="*/*"):
        request = urllib.request.Request(
            f"http://{self.host}{path}",
            headers={"Authorization": BASIC, "Accept": accept})
        with urllib.request.urlopen(request, timeout=30) as r:
            return r.read()

    def manifest(self, repo, name):
        return self.get(f"/v2/{repo}/manifests/{name}", ", ".join(
            [INDEX, MANIFEST,
             "application/vnd.docker.distribution.manifest.v2+json"]))

    def pull(self, repo, name):
        """Everything below a tag, each digest checked; the tag's digest."""
        text = self.manifest(repo, name)
        doc = json.loads(text)
        for d in doc.get("manifests", []):
            assert self.pull(repo, d["digest"]) == d["digest"]
        for d in [doc["config"], *doc["layers"]] if "config" in doc else []:
            assert digest(self.get(
                f"/v2/{repo}/blobs/{d['digest']}")) == d["digest"]
        return digest(text)


# ---- one that misbehaves -----------------------------------------------------

class Scripted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code, **headers):
        self.answer(status, json.dumps({"errors": [
            {"code": code, "message": f"{code} it is"}]}).encode(), **headers)

    def serve(self):
        s = self.server
        url = urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with s.lock:
            s.calls.append((self.command, url.path, query,
                            self.headers.get("Content-Range"), len(data)))
            fault = next((f for f in s.faults if f["times"] > 0 and re.match(
                f["on"], f"{self.command} {self.path}")), None)
            if fault:
                fault["times"] -= 1
        if url.path == "/token":
            s.scopes.append((query, self.headers.get("Authorization")))
            self.answer(200, b'{"token": "open sesame"}')
            return
        if s.bearer and self.headers.get("Authorization") != \
                "Bearer open sesame":
            self.refuse(401, "UNAUTHORIZED", WWW_Authenticate="Bearer "
                        f'realm="{s.url}/token",service="reg, istry"')
            return
        if fault and fault.get("status"):
            self.refuse(fault["status"], fault["code"])
            return
        if fault and fault.get("drop"):
            data = data[:fault["drop"]]
        getattr(self, "on_" + self.command)(url.path, query, data)
        if fault and fault.get("drop"):
            self.close_connection = True

    do_HEAD = do_GET = do_POST = do_PATCH = do_PUT = serve

    def on_HEAD(self, path, _, __):
        have = path.split("/")[-1] in self.server.blobs
        self.answer(200 if have else 404)

    def on_GET(self, path, _, __):
        data = self.server.uploads[path.split("/")[-1]]
        self.answer(204, Location=f"{path}?s={len(data)}",
                    Range=f"0-{max(len(data) - 1, 0)}")

    def on_POST(self, path, query, __):
        repo = path.split("/")[2]
        if query.get("from") and query["mount"] in self.server.blobs:
            self.answer(201, Location="/v2/x")
            return
        with self.server.lock:
            name = f"u{len(self.server.uploads)}"
            self.server.uploads[name] = b""
        self.answer(202, Location=f"/v2/{repo}/blobs/uploads/{name}?s=0")

    def on_PATCH(self, path, _, data):
        name = path.split("/")[-1]
        first = int(self.headers["Content-Range"].split("-")[0])
        if first != len(self.server.uploads[name]):
            self.refuse(416, "RANGE_INVALID")
            return
        self.server.uploads[name] += data
        if len(data) < int(self.headers["Content-Length"]):
            self.close_connection = True # no answer: the line went dead
            return
        end = len(self.server.uploads[name])
        self.answer(202, Range=f"0-{end - 1}", Location=f"{path}?s={end}")

    def on_PUT(self, path, query, data):
        if "/manifests/" in path:
            self.server.manifests[path] = data
            self.answer(201, Docker_Content_Digest=self.server.lie or
                        digest(data))
            return
        whole = self.server.uploads[path.split("/")[-1]] + data
        if digest(whole) != query["digest"]:
            self.refuse(400, "DIGEST_INVALID")
            return
        self.server.blobs[query["digest"]] = whole
        self.answer(201)


class ScriptedRegistry:
    """faults: [{"on": regex of "METHOD /path?query", "times", and "status",
    "code" or "drop": bytes that still arrive}]"""

    def __init__(self, faults=(), bearer=False, lie=None):
        s = self.server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
        s.daemon_threads = True
        s.lock = threading.Lock()
        s.faults, s.bearer, s.lie = [dict(f) for f in faults], bearer, lie
        s.calls, s.blobs, s.manifests = [], {}, {}
        s.uploads, s.scopes = {}, []
        self.host = f"127.0.0.1:{s.server_port}"
        s.url = f"http://{self.host}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        return self.server

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def skopeo(*args):
    return subprocess.run(["skopeo", *args], check=True, capture_output=True,
                          text=True, env={**os.environ, "HOME": "/nowhere"})
