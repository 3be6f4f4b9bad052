"""The same app in five languages, run as its users run it: synthesized through
cdk.json by the language's own tools, its warning shown, and deployed once."""
import json
import os
import re
import subprocess

import pytest

from conftest import ACCOUNT, APPS, CACHE, NODE_MODULES, REGION, VENV

WARNING = re.compile(r"WARNING written in (\w+) \(Construct Annotations\)")
# compilers take longest and are no part of what sanitizers look at
SANITIZED = "release" not in os.environ.get("CCDK_BUILD", "release")
DOWNLOAD_SECONDS = 600


def works(*argv):
    """What a program prints, or None when it cannot be run."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60,
                              cwd=APPS)
    except OSError:
        return None
    return done.stdout + done.stderr if done.returncode == 0 else None


def compiled(language):
    if SANITIZED:
        pytest.skip(f"{language} is compiled once, not for a sanitizer")


def need_node():
    if not works("node", "--version"):
        pytest.skip("JavaScript: node is not installed")
    if not (NODE_MODULES / "aws-cdk-lib").exists():
        pytest.skip("JavaScript: aws-cdk-lib is not installed")


def javascript(project):
    need_node()
    return {}


def typescript(project):
    compiled("TypeScript")
    need_node()
    tsc = NODE_MODULES / ".bin" / "tsc"
    if not tsc.exists():
        pytest.skip("TypeScript: its compiler is not installed")
    # the compiler looks for types there alone
    (project / "node_modules").symlink_to(NODE_MODULES)
    return {"PATH": f"{tsc.parent}:{os.environ['PATH']}"}


def python(project):
    if not list((VENV / "lib").glob("*/site-packages/aws_cdk")):
        pytest.skip("Python: aws-cdk-lib is not installed")
    return {}


def fetched(language, argv, project, env):
    """Downloads before the test, so that being offline is no failure."""
    done = subprocess.run(argv, cwd=project, capture_output=True, text=True,
                          env={**os.environ, **env}, timeout=DOWNLOAD_SECONDS)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["?"]
        pytest.skip(f"{language}: its modules cannot be had: {lines[0][:200]}")


def java(project):
    compiled("Java")
    if not works("javac", "-version"):
        pytest.skip("Java: javac is not installed")
    if not works("mvn", "-v"):
        pytest.skip("Java: mvn is not installed")
    fetched("Java", ["mvn", "-q", "-B", "dependency:resolve",
                     "dependency:resolve-plugins", "compile"],
            project, {})
    return {}


def go(project):
    compiled("Go")
    version = works("go", "env", "GOVERSION")
    if not version:
        pytest.skip("Go: go is not installed")
    wanted = re.search(r"^go (\S+)$", (project / "go.mod").read_text(), re.M)[1]
    numbers = [tuple(map(int, re.findall(r"\d+", v)))
               for v in (version, wanted)]
    if numbers[0] < numbers[1]:
        pytest.skip(f"Go: {version.strip()} is older than {wanted}")
    told = json.loads(works("go", "env", "-json", "GOMODCACHE", "GOPROXY",
                            "GOSUMDB", "GOFLAGS"))
    # compiled once, whatever the home
    env = {**told, "GOCACHE": str(CACHE / "go"), "GOTOOLCHAIN": "local"}
    fetched("Go", ["go", "mod", "download"], project, env)
    return env


LANGUAGES = {"JavaScript": javascript, "TypeScript": typescript,
             "Python": python, "Java": java, "Go": go}


def check_template(template, language):
    resources = template["Resources"].values()
    queue = next(r for r in resources if r["Type"] == "AWS::SQS::Queue")
    assert queue["Properties"]["VisibilityTimeout"] == 45
    assert queue["Properties"]["Tags"] == [
        {"Key": "language", "Value": language}]
    assert queue["Metadata"]["aws:cdk:path"] == "Orders/Jobs/Resource"


@pytest.mark.parametrize("language", LANGUAGES)
def test_app(language, project, request):
    folder = project(language.lower())
    env = LANGUAGES[language](folder)
    cloud = request.getfixturevalue("bootstrapped")
    if "PATH" in env:
        env["PATH"] += ":" + cloud.env["PATH"]
    done = cloud.ok("synth", "--json", cwd=folder, env=env)
    assert WARNING.search(done.err)[1] == language
    check_template(json.loads(done.out[done.out.index("{"):]), language)
    assert cloud.fails("synth", "--strict", "-a", "cdk.out", cwd=folder,
                       env=env)
    cloud.ok("deploy", "-a", "cdk.out", cwd=folder, env=env)
    outputs = cloud.outputs("Orders")
    assert outputs["Url"].startswith("http")
    key = outputs["NoteUrl"].rsplit("/", 1)[1]
    assert key in cloud.keys(f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")
