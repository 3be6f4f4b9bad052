"""From an empty folder to a deployed app, in each language: what is installed
comes from the registries, the project's own unit tests run, and the app goes
to the emulator and away again.

Installing takes long and asks nothing of this program, so it is done with the
plain build only; what `init` does itself runs with every build (tests/cli/init,
tests/e2e/test_init_offline.py).
"""
import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import CCDK, NODE_MODULES, Done

NEVER = ("--require-approval", "never", "--progress", "events")
SECONDS = 900

pytestmark = pytest.mark.skipif(
    Path(os.environ.get("CCDK_BUILD", "release")).name.split("-")[0]
    not in ("release", "build"),
    reason="installs from registries: with the plain build only")

NEEDS = {
    "typescript": ("node", "npm"),
    "javascript": ("node", "npm"),
    "python": ("python3", "node"),
    "java": ("javac", "mvn", "node"),
    "go": ("go", "node"),
    "csharp": ("dotnet", "node"),
    "fsharp": ("dotnet", "node"),
}
UNIT_TESTS = {
    "typescript": "npm run build && npm test",
    "javascript": "npm test",
    "java": "mvn -B -q -o test",
    "go": "go vet ./... && go test ./...",
    "csharp": "dotnet build src --no-restore",
    "fsharp": "dotnet build src --no-restore",
}
# what a second project needs to run on the packages of the first
SHARE = {
    "typescript": "ln -s '{}/node_modules' .",
    "javascript": "ln -s '{}/node_modules' .",
    "java": "true",
    "go": "cp '{0}/go.sum' . && go mod tidy",
}


def go_env(name):
    done = subprocess.run(["go", "env", name], capture_output=True, text=True)
    return done.stdout.strip()


def caches():
    """The package managers' own caches, wherever the test's home is."""
    home = Path(os.path.expanduser("~"))
    env = {
        "npm_config_cache": str(home / ".npm"),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
        "PIP_CACHE_DIR": str(home / ".cache" / "pip"),
        "PIP_NO_COMPILE": "1",  # of the library a small part is imported
        "MAVEN_OPTS": f"-Dmaven.repo.local={home}/.m2/repository",
    }
    if shutil.which("go"):
        for name in ("GOMODCACHE", "GOCACHE"):
            env[name] = go_env(name)
    return env


class Project:
    """A new project: its folder, and the cloud it is to be deployed to."""

    def __init__(self, cloud, folder):
        folder.mkdir()
        self.cloud, self.folder = cloud, folder
        self.env = {**cloud.env, **caches(),
                    "GIT_CONFIG_GLOBAL": str(cloud.home / "gitconfig"),
                    "GIT_CONFIG_NOSYSTEM": "1"}
        (cloud.home / ".gitconfig").write_text(
            "[user]\n\tname = Jane Doe\n\temail = jane@example.com\n")
        shutil.copy(cloud.home / ".gitconfig", cloud.home / "gitconfig")

    def ccdk(self, *args):
        return self.cloud.ok(*args, env=self.env, cwd=self.folder)

    def shell(self, line, **env):
        done = subprocess.run(
            ["bash", "-ec", line], cwd=self.folder, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=SECONDS,
            env={**self.env, **env})
        if done.returncode != 0:
            pytest.fail(repr(Done([line], done)))
        return done

    def init(self, *args):
        done = self.ccdk("init", *args)
        assert "✅ All done!" in done.err, done
        assert "Please run" not in done.err, done
        assert done.out == ""
        return done

    def committed(self):
        """The files of the one commit; nothing else is a change."""
        self.shell("git fsck --strict")
        log = self.shell("git log --format='%an <%ae> %s'").stdout
        assert log == "Jane Doe <jane@example.com> Initial commit\n"
        return set(self.shell("git ls-tree -r --name-only HEAD")
                   .stdout.splitlines())


@pytest.fixture
def project(cloud, tmp_path):
    return lambda name: Project(cloud, tmp_path / name)


def need(language):
    for program in NEEDS[language]:
        if not shutil.which(program):
            pytest.skip(f"{language}: no {program} on this machine")


def unit_tests_of(first, template, language):
    """The same language's other template, on the packages of `first`."""
    p = Project(first.cloud, first.folder.parent / f"other-{template}")
    p.ccdk("init", template, "--language", language, "--generate-only")
    p.shell(SHARE[language].format(first.folder))
    p.shell(UNIT_TESTS[language])


@pytest.mark.parametrize("language,template,others,folder,stack", [
    ("typescript", "app", ["sample-app", "lib"], "my-shop", "MyShopStack"),
    ("javascript", "sample-app", ["app"], "2nd try", "App2NdTryStack"),
    ("java", "sample-app", ["app"], "Café Shop", "CafeShopStack"),
    ("go", "sample-app", ["app"], "shop_test", "ShopTestStack")])
def test_from_an_empty_folder(project, language, template, others, folder,
                              stack):
    need(language)
    p = project(folder)
    p.init(template, "--language", language)
    assert {"README.md", "cdk.json", ".gitignore"} <= p.committed()
    p.shell(UNIT_TESTS[language])
    body = p.ccdk("synth").out
    p.cloud.bootstrap()
    p.ccdk("deploy", *NEVER)
    assert p.cloud.stack(stack)["StackStatus"] == "CREATE_COMPLETE"
    if template == "sample-app":
        assert "VisibilityTimeout: 300" in body
        queues = p.cloud.client("sqs").list_queues()["QueueUrls"]
        topics = p.cloud.client("sns").list_topics()["Topics"]
        assert len(queues) == 1 and len(topics) == 1
    p.ccdk("destroy", "--force", "-a", "cdk.out")
    assert p.cloud.stack(stack) is None
    for other in others:
        unit_tests_of(p, other, language)


def test_python_as_the_tutorial_types_it(project):
    """Word for word, with this program called cdk as it can be."""
    need("python")
    p = project("hello-cdk")
    bin_dir = p.cloud.home / "bin"
    bin_dir.mkdir()
    (bin_dir / "cdk").symlink_to(CCDK)
    p.env["PATH"] = f"{bin_dir}:{p.env['PATH']}"
    done = p.shell("cdk init app --language python")
    assert done.stderr.endswith("✅ All done!\n\nNext:\n  source .venv/bin/"
                                "activate\n  cdk synth\n  cdk deploy\n")
    assert "hello_cdk/hello_cdk_stack.py" in p.committed()
    p.cloud.bootstrap()
    done = p.shell("""
        source .venv/bin/activate
        python -m pip install -r requirements.txt
        pip install -r requirements-dev.txt
        pytest
        cdk synth
        cdk deploy --require-approval never
        """)
    assert "1 passed" in done.stdout and "CDKMetadata" in done.stdout
    assert p.cloud.stack("HelloCdkStack")["StackStatus"] == "CREATE_COMPLETE"
    p.shell("source .venv/bin/activate; cdk destroy --force")
    assert p.cloud.stack("HelloCdkStack") is None
    # another template, and a name that Python cannot import
    other = Project(p.cloud, p.folder.parent / "import")
    other.ccdk("init", "sample-app", "-l", "python", "--generate-only")
    done = other.shell(f"source '{p.folder}/.venv/bin/activate'; pytest; "
                       f"'{CCDK}' synth")
    assert "2 passed" in done.stdout
    assert "VisibilityTimeout: 300" in done.stdout


@pytest.mark.parametrize("language", ["csharp", "fsharp"])
@pytest.mark.parametrize("template", ["app", "sample-app"])
def test_dotnet_compiles(project, language, template):
    need(language)
    p = project("my-shop")
    p.init(template, "--language", language)
    p.shell(UNIT_TESTS[language])
    assert p.ccdk("synth").status == 0


def files_below(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*")
            if p.is_file()}


def settings_of(folder):
    """cdk.json, or nothing: a library has none."""
    path = folder / "cdk.json"
    return json.loads(path.read_text()) if path.exists() else {}


@pytest.mark.parametrize("template,language", [
    *itertools.product(["app", "sample-app"], sorted(NEEDS)),
    ("lib", "typescript")])
def test_as_the_reference_names_them(project, tmp_path, template, language):
    reference = NODE_MODULES / ".bin" / "cdk"
    if not reference.exists():
        pytest.skip("the reference CLI is not installed")
    ours, theirs = project("MyShop2Go"), tmp_path / "theirs" / "MyShop2Go"
    theirs.mkdir(parents=True)
    args = ["init", template, "--language", language, "--generate-only"]
    ours.ccdk(*args)
    done = subprocess.run([reference, *args], cwd=theirs, env=ours.env,
                          capture_output=True, text=True)
    # it wants `dotnet sln` to finish, and gives up late
    assert done.returncode == 0 or "dotnet sln" in done.stderr
    assert files_below(ours.folder) == files_below(theirs)
    mine, other = settings_of(ours.folder), settings_of(theirs)
    assert mine.get("app") == other.get("app")
    if done.returncode == 0:
        assert mine.get("context") == other.get("context")
    # one of its templates has python/__pycache__, which is nowhere
    assert mine.get("watch") == json.loads(
        json.dumps(other.get("watch")).replace('"python/__', '"**/__'))


def test_install_fails_files_stay(project):
    """No network: the project is complete, and what to run is said."""
    need("javascript")
    p = project("my-shop")
    p.env.update(npm_config_cache=str(p.cloud.home / "empty"),
                 npm_config_registry="http://127.0.0.1:9/",
                 npm_config_fetch_retries="0")
    done = p.ccdk("init", "app", "--language", "javascript")
    assert "npm install failed: npm exited with status" in done.err
    assert "Please run 'npm install'!" in done.err
    assert "✅ All done!" in done.err
    assert (p.folder / "package.json").exists()
    assert done.err.rstrip().endswith(
        "Next:\n  npm install\n  ccdk synth\n  ccdk deploy")
