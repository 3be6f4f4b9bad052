#!/usr/bin/env python3
"""Speed of ccdk beside the reference CLI, in one run: medians and ratios.

usage: bench.py CCDK [SCENARIO...]

Each pair runs in turn (A B A B ...) so that a drifting machine hits both.
Figures are whole-process: wall seconds and the peak memory of the process, as
the operating system accounts them. Deployments go to MiniStack on loopback;
requests are counted in runs of their own, through a counting proxy.
"""
import http.client
import http.server
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def find_reference():
    given = os.environ.get("REFERENCE_CDK")
    if given:
        return given
    for found in ROOT.glob("build/**/node_modules/.bin/cdk"):
        return str(found)
    sys.exit("bench: the reference CLI is missing; run tests/setup.sh test")


def run_once(argv, cwd, env):
    result = WORK / "result"
    with tempfile.TemporaryFile() as out:
        subprocess.run([MEASURE, result, *argv], cwd=cwd, env=env, check=True,
                       stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        status, wall, peak = result.read_text().split()
        if status != "0":
            out.seek(0)
            sys.exit(f"bench: {' '.join(argv)} ended with {status}:\n"
                     f"{out.read().decode()[-2000:]}")
    return float(wall), int(peak) / 1024


def compare(title, ours, theirs, cwd_of=None, env=None, runs=RUNS):
    """ours/theirs: functions of the run number that give an argv."""
    a, b = [], []
    for i in range(-1, runs):  # one warm-up pair
        for argv_of, sink in ((ours, a), (theirs, b)):
            figures = run_once(argv_of(i), cwd_of or ROOT, env or base_env())
            if i >= 0:
                sink.append(figures)
    wall = [statistics.median(x[0] for x in side) for side in (a, b)]
    peak = [statistics.median(x[1] for x in side) for side in (a, b)]
    print(f"{title}\n"
          f"  wall   ccdk {wall[0]:9.4f} s   reference {wall[1]:9.4f} s   "
          f"1/{wall[1] / wall[0]:.1f}\n"
          f"  peak   ccdk {peak[0]:9.1f} MB  reference {peak[1]:9.1f} MB  "
          f"1/{peak[1] / peak[0]:.1f}", flush=True)


def base_env():
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AWS_", "CDK_", "CI"))}
    env.update(HOME=str(HOME), NO_COLOR="1", AWS_ACCESS_KEY_ID="test",
               AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1",
               CDK_VALIDATION="false",  # the library's rule check: 5 s a run
               CDK_DISABLE_CLI_TELEMETRY="true", AWS_EC2_METADATA_DISABLED="true")
    return env


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Emulator:
    """MiniStack on a free loopback port."""

    def __enter__(self):
        self.port = free_port()
        env = dict(base_env(), GATEWAY_PORT=str(self.port),
                   EDGE_PORT=str(self.port), BIND_HOST="127.0.0.1",
                   IOT_MTLS_ENABLED="0")
        start = ROOT / "tests" / "e2e" / "ministack_shim.py"
        argv = [str(ROOT / "build/venv/bin/python"), str(start)]
        self.proc = subprocess.Popen(argv, env=env,
                                     stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url + "/_ministack/health",
                                       timeout=1)
                return self
            except OSError:
                time.sleep(0.1)
        sys.exit("bench: the emulator did not start")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_):
        self.proc.terminate()
        self.proc.wait()


class CountingProxy:
    """Forwards to the emulator and counts the requests."""

    def __init__(self, target_port):
        self.count = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                outer.count += 1
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                conn = http.client.HTTPConnection("127.0.0.1", target_port)
                headers = {k: v for k, v in self.headers.items()
                           if k.lower() != "connection"}
                conn.request(self.command, self.path, body, headers)
                reply = conn.getresponse()
                data = reply.read()
                self.send_response_only(reply.status)
                for k, v in reply.getheaders():
                    if k.lower() not in ("transfer-encoding", "connection",
                                         "content-length"):
                        self.send_header(k, v)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def synth(shape, count, seed=""):
    out = WORK / f"{shape}{count}{seed}"
    node_modules = Path(REFERENCE).resolve()
    while node_modules.name != "node_modules":
        node_modules = node_modules.parent
    env = dict(base_env(), SHAPE=shape, COUNT=str(count), SEED=seed,
               CDK_OUTDIR=str(out), NODE_PATH=str(node_modules),
               TMPDIR=str(WORK))
    subprocess.run(["node", str(ROOT / "tests/bench/app.js")], check=True,
                   env=env)
    return out


def scenario_version():
    compare("--version", lambda _: [CCDK, "--version"],
            lambda _: [REFERENCE, "--version"])


def scenario_list():
    asm = synth("stacks", 50)
    tail = ["list", "-a", str(asm)]
    compare("list, assembly of 50 stacks", lambda _: [CCDK, *tail],
            lambda _: [REFERENCE, *tail, "--no-notices"])


def scenario_synth():
    asm = synth("stacks", 50)
    tail = ["synth", "-a", str(asm), "Bench7"]
    compare("synth, assembly of 50 stacks", lambda _: [CCDK, *tail],
            lambda _: [REFERENCE, *tail, "--no-notices"])


TREE_BYTES = 200 << 20


def scenario_large():
    """What is not needed must not be read: the construct tree."""
    asm = synth("stacks", 1000)
    tree = asm / "tree.json"
    piece = json.loads(tree.read_text())["tree"]
    text = json.dumps(piece)
    with open(tree, "w", encoding="utf-8") as f:
        f.write('{"version": "tree-0.1", "tree": {"id": "App", "path": "", '
                '"children": {')
        for i in range(-(-TREE_BYTES // len(text))):
            f.write(f'{"," if i else ""}"Part{i}": {text}')
        f.write("}}}")
    tail = ["list", "-a", str(asm)]
    compare(f"list, 1000 stacks and {tree.stat().st_size >> 20} MiB of tree",
            lambda _: [CCDK, *tail],
            lambda _: [REFERENCE, *tail, "--no-notices"],
            runs=min(RUNS, 3))


def own_share(tool, place, env):
    """Seconds of `synth` that the app itself did not take."""
    result = place / "app-result"
    app = f"{MEASURE} {result} node {ROOT}/tests/bench/app.js"
    wall, _ = run_once([tool, "synth", "-q", "-a", app, "-o",
                        str(place / "out")], place, env)
    return wall - float(result.read_text().split()[1])


def scenario_app():
    node_modules = next(p for p in Path(REFERENCE).resolve().parents
                        if p.name == "node_modules")
    place = WORK / "app"
    place.mkdir()
    env = {k: v for k, v in base_env().items() if not k.startswith("AWS_")}
    env.update(SHAPE="stacks", COUNT="5", NODE_PATH=str(node_modules),
               AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true")
    shares = {CCDK: [], REFERENCE: []}
    for i in range(-1, RUNS):
        for tool, to in shares.items():
            share = own_share(tool, place, env)
            if i >= 0:
                to.append(share)
    ours, theirs = (statistics.median(x) for x in shares.values())
    print("synth of a JavaScript app, without the app's own time\n"
          f"  wall   ccdk {ours:9.4f} s   reference {theirs:9.4f} s   "
          f"1/{theirs / ours:.1f}", flush=True)


def deploy_args(asm):
    return ["deploy", "--all", "-a", str(asm), "--require-approval", "never",
            "--progress", "events"]


def bootstrap(env):
    subprocess.run([CCDK, "bootstrap", "aws://000000000000/us-east-1"],
                   check=True, env=env, cwd=WORK, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def scenario_noop():
    with Emulator() as emulator:
        env = dict(base_env(), AWS_ENDPOINT_URL=emulator.url)
        bootstrap(env)
        asm = synth("stacks", 1)
        argv = deploy_args(asm)
        subprocess.run([CCDK, *argv], check=True, env=env, cwd=WORK,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        compare("deploy without changes", lambda _: [CCDK, *argv],
                lambda _: [REFERENCE, *argv, "--no-notices"], WORK, env)
        proxy = CountingProxy(emulator.port)
        counts = []
        for tool in (CCDK, REFERENCE):
            proxy.count = 0
            run_once([tool, *argv, "--no-notices"], WORK,
                     dict(env, AWS_ENDPOINT_URL=proxy.url))
            counts.append(proxy.count)
        print(f"  requests ccdk {counts[0]}, reference {counts[1]}", flush=True)


def scenario_assets():
    with Emulator() as emulator:
        env = dict(base_env(), AWS_ENDPOINT_URL=emulator.url)
        bootstrap(env)
        runs = min(RUNS, 3)
        asm = {(tool, i): synth("assets", 200, f"{tool}{i + 1}")
               for i in range(-1, runs) for tool in "ab"}
        compare("first deploy, 200 small file assets",
                lambda i: [CCDK, *deploy_args(asm["a", i])],
                lambda i: [REFERENCE, *deploy_args(asm["b", i]), "--no-notices"],
                WORK, env, runs)


def large_template(count, changed):
    """Resources of about 2 KB each; with `changed` every other one differs:
    a scalar, a list element, a statement or a property that replaces it."""
    resources = {}
    for i in range(count):
        odd = changed and i % 2
        name = f"Resource{i}"
        text = f"{i} " + "some configuration text, as such things are " * 4
        if i % 4 == 1:
            r = {"Type": "AWS::IAM::Policy", "Properties": {
                "PolicyName": name, "Roles": [{"Ref": f"Resource{i - 1}"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:List*"],
                     "Resource": {"Fn::Join": ["", [
                         "arn:aws:s3:::", {"Ref": "AWS::AccountId"},
                         f"/{k}/{'new' if odd and k == 3 else 'old'}"]]}}
                    for k in range(10)]}}}
        elif i % 4 == 3:
            r = {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": f"{name}{'New' if odd and i % 8 == 3 else ''}",
                "Handler": "index.handler", "Role": {"Fn::GetAtt": [
                    f"Resource{i - 3}", "Arn"]},
                "Timeout": 30 + bool(odd), "Environment": {"Variables": {
                    f"NAME{k}": text[:120] + str(k) for k in range(12)}}}}
        else:
            r = {"Type": "AWS::IAM::Role" if i % 4 == 0 else
                 "AWS::CloudWatch::Alarm", "Properties": {
                     "Description": text, "Tags": [
                         {"Key": f"tag{k}", "Value": text[:100]}
                         for k in range(12)]}}
        r["Metadata"] = {"aws:cdk:path": f"Large/{name}/Resource"}
        resources[name] = r
    return {"Resources": resources}


def minimal_assembly(folder, templates):
    folder.mkdir()
    artifacts = {}
    for name, template in templates.items():
        file = f"{name}.template.json"
        (folder / file).write_text(json.dumps(template, indent=1))
        artifacts[name] = {"type": "aws:cloudformation:stack",
                           "environment": "aws://000000000000/us-east-1",
                           "properties": {"templateFile": file},
                           "displayName": name}
    (folder / "manifest.json").write_text(json.dumps(
        {"version": "36.0.0", "artifacts": artifacts}))
    return folder


def scenario_diff():
    asm = minimal_assembly(WORK / "large", {"Large": large_template(500, True)})
    old = WORK / "old.json"
    old.write_text(json.dumps(large_template(500, False), indent=1))
    argv = ["diff", "-a", str(asm), "--template", str(old)]
    compare(f"diff, 500 resources, {old.stat().st_size >> 10} KiB a template, "
            "half changed", lambda _: [CCDK, *argv],
            lambda _: [REFERENCE, *argv, "--no-notices"], runs=min(RUNS, 3))


def scenario_against():
    sides = [minimal_assembly(WORK / f"many{changed}", {
        f"Stack{i}": large_template(20, changed) for i in range(50)})
        for changed in (0, 1)]
    argv = [CCDK, "diff", "-a", str(sides[1]), "--against", str(sides[0])]
    figures = [run_once(argv, WORK, base_env()) for _ in range(RUNS + 1)][1:]
    print("diff --against, 50 stacks of 20 resources\n"
          f"  wall   ccdk {statistics.median(f[0] for f in figures):9.4f} s\n"
          f"  peak   ccdk {statistics.median(f[1] for f in figures):9.1f} MB",
          flush=True)


def scenario_credentials():
    """Files and credentials of a static profile, as the trace times them."""
    for many in (1, 10000):
        home = WORK / f"profiles{many}"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "config").write_text("".join(
            f"[profile p{i}]\nregion = eu-west-1\noutput = json\n"
            for i in range(many)))
        (home / ".aws" / "credentials").write_text("".join(
            f"[p{i}]\naws_access_key_id = AKIDEXAMPLE{i}\n"
            f"aws_secret_access_key = {'s' * 40}\n" for i in range(many)))
        env = dict(base_env(), HOME=str(home), CCDK_TRACE="creds",
                   CDK_HOME=str(home), AWS_ENDPOINT_URL="http://127.0.0.1:9",
                   CCDK_POLL_SCALE="1")
        took = []
        for _ in range(RUNS * 4):
            err = subprocess.run(
                [CCDK, "synth", "--app", "true", "--profile",
                 f"p{many - 1}"], cwd=WORK, env=env, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True).stderr
            took.append(sum(int(line.rsplit(", ", 1)[1].split()[0])
                            for line in err.splitlines()
                            if line.endswith(" us")) / 1000)
        print(f"credentials of a static profile, {many} in the files\n"
              f"  ccdk   {statistics.median(took):9.3f} ms", flush=True)


def scenario_init():
    """A fresh folder each; the shell that steps into it is counted too."""
    line = 'mkdir "$1" && cd "$1" && shift && exec "$@"'
    tail = ["init", "app", "--language", "typescript", "--generate-only"]
    compare("init --generate-only, TypeScript app",
            lambda i: ["/bin/sh", "-c", line, "sh", str(WORK / f"ours{i}"),
                       CCDK, *tail],
            lambda i: ["/bin/sh", "-c", line, "sh", str(WORK / f"theirs{i}"),
                       str(Path(REFERENCE).resolve()), *tail])


def scenario_tls():
    """What TLS adds to a run that has nothing to deploy."""
    sys.path += [str(ROOT / "tests" / "e2e")]
    from netlab import Authority, Front, Opens

    folder = WORK / "ca"
    folder.mkdir()
    ca, bundle = Authority(folder), folder / "bundle.pem"
    system = Path("/etc/ssl/certs/ca-certificates.crt")
    bundle.write_text((system.read_text() if system.exists() else "") +
                      ca.file.read_text())
    asm = synth("stacks", 1)
    argv = deploy_args(asm)
    with Emulator() as emulator:
        env = dict(base_env(), AWS_ENDPOINT_URL=emulator.url)
        bootstrap(env)
        run_once([CCDK, *argv], WORK, env)
        with Front(emulator.port, ca.context()) as secure, \
                Front(emulator.port) as plain:
            sides = {"http": dict(env, AWS_ENDPOINT_URL=plain.url),
                     "https": dict(env, AWS_ENDPOINT_URL=secure.url,
                                   AWS_CA_BUNDLE=str(bundle))}
            walls = {name: [] for name in sides}
            for i in range(-1, RUNS):
                for name, side in sides.items():
                    wall, _ = run_once([CCDK, *argv], WORK, side)
                    if i >= 0:
                        walls[name].append(wall)
            opens, before = Opens(bundle), secure.connections
            run_once([CCDK, *argv], WORK, sides["https"])
            reads = opens.count()
            print("deploy without changes, over TLS with a bundle of "
                  f"{bundle.read_text().count('BEGIN CERT')} CAs\n" +
                  "".join(f"  wall   {name:5} {statistics.median(w):9.4f} s"
                          "\n" for name, w in walls.items()) +
                  f"  times the bundle was read: {reads}, connections: "
                  f"{secure.connections - before}", flush=True)
            opens.close()


SINKS = []


def sink():
    """The address of an S3 that swallows everything (sink.c)."""
    server = subprocess.Popen([str(Path(CCDK).parent / "sink")],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    SINKS.append(server)  # it ends with its input
    return f"http://127.0.0.1:{int(server.stdout.readline())}"


def asset_assembly(name, sources):
    """An assembly of one stack with {id: source} as files."""
    asm = minimal_assembly(WORK / name, {"S": {"Resources": {}}})
    (asm / "S.assets.json").write_text(json.dumps({
        "version": "36.0.0", "files": {
            i: {"source": source, "destinations": {"d": {
                "bucketName": "assets", "objectKey": i}}}
            for i, source in sources.items()}, "dockerImages": {}}))
    doc = json.loads((asm / "manifest.json").read_text())
    doc["artifacts"]["S.assets"] = {"type": "cdk:asset-manifest",
                                    "properties": {"file": "S.assets.json"}}
    doc["artifacts"]["S"]["dependencies"] = ["S.assets"]
    (asm / "manifest.json").write_text(json.dumps(doc))
    return asm


def publish_args(asm):
    return ["publish-assets", "--unstable=publish-assets", "-a", str(asm)]


def node_modules():
    folder = Path(REFERENCE).resolve()
    while folder.name != "node_modules":
        folder = folder.parent
    return folder


def scenario_zip():
    """The folder is zipped anew each time; the upload is the same for both."""
    asm = {t: asset_assembly(f"zip-{t}", {"modules": {
        "path": "src", "packaging": "zip"}}) for t in "ab"}
    for folder in asm.values():
        (folder / "src").symlink_to(node_modules())

    def fresh(tool, t, *more):
        def argv(_):
            shutil.rmtree(asm[t] / ".cache", ignore_errors=True)
            return [tool, *publish_args(asm[t]), *more]
        return argv

    files = [p for p in node_modules().rglob("*") if p.is_file()]
    total = sum(p.stat().st_size for p in files) / 1e6
    compare(f"zip of node_modules, {len(files)} files, {total:.0f} MB",
            fresh(CCDK, "a"), fresh(REFERENCE, "b", "--no-notices"), WORK,
            dict(base_env(), AWS_ENDPOINT_URL=sink()), min(RUNS, 3))
    sizes = [(asm[t] / ".cache" / "modules.zip").stat().st_size / 1e6
             for t in "ab"]
    print(f"  size   ccdk {sizes[0]:9.1f} MB  reference {sizes[1]:9.1f} MB",
          flush=True)


def scenario_small():
    asm = asset_assembly("small", {f"{i:04d}": {"path": f"f{i}"}
                                   for i in range(1000)})
    for i in range(1000):
        (asm / f"f{i}").write_bytes(os.urandom(4096))
    compare("publish 1,000 files of 4 kB",
            lambda _: [CCDK, *publish_args(asm)],
            lambda _: [REFERENCE, *publish_args(asm), "--no-notices"], WORK,
            dict(base_env(), AWS_ENDPOINT_URL=sink()), min(RUNS, 3))


def scenario_upload():
    """One file of 1 GiB; what is compared with is no CDK but curl."""
    asm = asset_assembly("large-file", {"big": {"path": "big"}})
    with open(asm / "big", "wb") as f:
        f.truncate(1 << 30)
    url = sink()
    env = dict(base_env(), AWS_ENDPOINT_URL=url)
    a, b = [], []
    for i in range(-1, min(RUNS, 3)):
        for argv, to in (([CCDK, *publish_args(asm)], a), (
                ["curl", "-sS", "-T", str(asm / "big"), url + "/x"], b)):
            figures = run_once(argv, WORK, env)
            if i >= 0:
                to.append(figures)
    wall = [statistics.median(x[0] for x in side) for side in (a, b)]
    peak = [statistics.median(x[1] for x in side) for side in (a, b)]
    print("publish one file of 1 GiB, beside curl -T\n"
          f"  wall   ccdk {wall[0]:9.4f} s   curl      {wall[1]:9.4f} s   "
          f"{100 * wall[1] / wall[0]:.0f} %\n"
          f"  peak   ccdk {peak[0]:9.1f} MB  curl      {peak[1]:9.1f} MB",
          flush=True)


# ---- waiting for stacks, against the scripted server of tests/server --------

def scripted(scenario):
    sys.path.insert(0, str(ROOT / "tests" / "server"))
    from aws import Server
    return Server({"account": "000000000000", **scenario}).start()


def fleet_assembly(count):
    folder = WORK / f"fleet{count}"
    bucket = {"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}
    return folder if folder.exists() else minimal_assembly(
        folder, {f"Stack{i}": bucket for i in range(count)})


def fleet_run(tool, count, concurrency, scenario):
    """Wall seconds, peak MB, seconds from the last end to the exit, requests."""
    server = scripted(scenario)
    try:
        argv = [tool, *deploy_args(fleet_assembly(count)), "--no-notices",
                "--concurrency", str(concurrency)]
        wall, peak = run_once(argv, WORK, dict(
            base_env(), AWS_ENDPOINT_URL=server.url))
        late = time.time() - max(server.world.ended.values(),
                                 default=time.time())
        return wall, peak, late, len(server.requests)
    finally:
        server.stop()


def scenario_end():
    """From the end of an operation to our exit; phases differ by the seed."""
    figures = {CCDK: [], REFERENCE: []}
    for i in range(2 * RUNS):
        scenario = {"seed": i, "operations": [{"seconds": [3, 12]}]}
        for tool, to in figures.items():
            to.append(fleet_run(tool, 1, 1, scenario))
    late, sent = ([statistics.mean(f[k] for f in side)
                   for side in figures.values()] for k in (2, 3))
    print(f"deploy of one stack, operations of 3 to 12 s, mean of {2 * RUNS}\n"
          f"  end    ccdk {late[0]:9.2f} s   reference {late[1]:9.2f} s   "
          "later than the stack's\n"
          f"  sent   ccdk {sent[0]:9.1f}     reference {sent[1]:9.1f}    "
          "requests", flush=True)


def fleet_pair(title, count, concurrency, scenario):
    sides = [fleet_run(tool, count, concurrency, scenario)
             for tool in (CCDK, REFERENCE)]
    (a, b), (sent_a, sent_b) = ([s[k] for s in sides] for k in (0, 3))
    print(f"{title}\n"
          f"  wall   ccdk {a:9.2f} s   reference {b:9.2f} s   1/{b / a:.1f}\n"
          f"  peak   ccdk {sides[0][1]:9.1f} MB  reference {sides[1][1]:9.1f} "
          f"MB\n  sent   ccdk {sent_a:9}     reference {sent_b:9}", flush=True)


def scenario_fleet():
    fleet_pair("100 stacks, 20 at once, operations that end at once", 100, 20,
               {"operations": [{"busy": 0}]})
    fleet_pair("100 stacks, 20 at once, operations of 3 to 12 s", 100, 20,
               {"operations": [{"seconds": [3, 12]}]})
    fleet_pair("500 stacks at once, operations of 3 to 12 s", 500, 500,
               {"operations": [{"seconds": [3, 12]}]})


# in the order above
SCENARIOS = {name[len("scenario_"):]: found
             for name, found in list(globals().items())
             if name.startswith("scenario_")}

if __name__ == "__main__":
    CCDK = str(Path(sys.argv[1]).resolve())
    MEASURE = str(Path(CCDK).parent / "measure")
    REFERENCE = find_reference()
    WORK = Path(tempfile.mkdtemp(prefix="ccdk-bench-"))
    HOME = WORK / "home"
    HOME.mkdir()
    try:
        print(f"{RUNS} runs each, in turn; medians; "
              f"{os.cpu_count()} processors", flush=True)
        for name in sys.argv[2:] or SCENARIOS:
            SCENARIOS[name]()
    finally:
        for server in SINKS:
            server.stdin.close()
            server.wait()
        shutil.rmtree(WORK, ignore_errors=True)
