"""What `init` does itself: git, the tools it calls (stand-ins here), what it
takes back when it fails or is interrupted, and templates from repositories.
Nothing is installed and no network is used."""
import base64
import http.server
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest

from conftest import CCDK, Done, clean_env

LEAKS_OF_OTHERS = Path(__file__).with_name("lsan.supp")
FILES = {".gitignore", "README.md", "cdk.json", "go.mod", "my-app.go",
         "my-app_test.go"}


class Place:
    """An empty folder, a home, and a folder of stand-in tools."""

    def __init__(self, tmp):
        self.home, self.dir, self.bin = tmp / "home", tmp / "my-app", tmp / "bin"
        for d in (self.home, self.dir, self.bin):
            d.mkdir()
        self.log = tmp / "log"
        self.env = {**clean_env(self.home), "LOG": str(self.log),
                    "TMPDIR": str(tmp),
                    "LSAN_OPTIONS": f"suppressions={LEAKS_OF_OTHERS}:"
                                    "print_suppressions=0"}
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL",
                     "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
            self.env.pop(name, None)
        self.env["PATH"] = f"{self.bin}:{self.env['PATH']}"

    def tool(self, name, body="exit 0"):
        path = self.bin / name
        path.write_text('#!/bin/sh\necho "$(basename "$0") $*" >>"$LOG"\n'
                        f"{body}\n")
        path.chmod(0o755)

    def identity(self):
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = Jane Doe\n\temail = jane@example.com\n"
            "[init]\n\tdefaultBranch = trunk\n")

    def init(self, *args, **env):
        argv = [CCDK, "init", *args]
        proc = subprocess.run(argv, cwd=self.dir, env={**self.env, **env},
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120)
        return Done(argv, proc)

    def git(self, *args):
        return subprocess.run(["git", *args], cwd=self.dir, env=self.env,
                              check=True, capture_output=True,
                              text=True).stdout

    def names(self):
        return {str(p.relative_to(self.dir)) for p in self.dir.rglob("*")
                if p.is_file() and ".git/" not in f"{p}/"}

    def calls(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


# ---- git ----

def test_first_commit(place):
    place.identity()
    place.tool("go")
    done = place.init("app", "-l", "go")
    assert done.status == 0, done
    assert "Initializing a new git repository..." in done.err
    assert place.git("fsck", "--strict") == ""
    assert place.git("status", "--porcelain") == ""
    assert place.git("branch", "--show-current") == "trunk\n"
    assert place.git("log", "--format=%an %ae %cn %s%n%P") == \
        "Jane Doe jane@example.com Jane Doe Initial commit\n\n"
    assert set(place.git("ls-files").split()) == FILES


def test_identity_of_the_environment(place):
    place.tool("go")
    done = place.init("app", "-l", "go", GIT_AUTHOR_NAME="Ann",
                      GIT_AUTHOR_EMAIL="ann@example.com",
                      GIT_COMMITTER_NAME="Bob", EMAIL="bob@example.com")
    assert done.status == 0, done
    assert place.git("log", "--format=%an %ae %cn %ce") == \
        "Ann ann@example.com Bob bob@example.com\n"


def test_no_identity_is_no_failure(place):
    place.tool("go")
    done = place.init("app", "-l", "go")
    assert done.status == 0, done
    assert "Unable to initialize git repository for your project." in done.err
    assert "git config --global user.name" in done.err
    assert "✅ All done!" in done.err
    assert set(place.git("ls-files").split()) == FILES
    # what it says to type works
    place.git("config", "user.name", "Jane Doe")
    place.git("config", "user.email", "jane@example.com")
    place.git("commit", "--message", "Initial commit")
    assert place.git("status", "--porcelain") == ""


def test_inside_a_repository(place):
    place.identity()
    place.tool("go")
    subprocess.run(["git", "init", "-q", place.dir.parent], check=True)
    done = place.init("app", "-l", "go")
    assert done.status == 0 and "git" not in done.err.split("Executing")[0]\
        .split("ccdk deploy")[-1]
    assert not (place.dir / ".git").exists()


def test_generate_only_does_neither(place):
    place.identity()
    place.tool("go")
    done = place.init("app", "-l", "go", "--generate-only")
    assert done.status == 0 and place.calls() == []
    assert place.names() == FILES and not (place.dir / ".git").exists()


# ---- the tools ----

@pytest.mark.parametrize("language,tools,calls", [
    ("typescript", ["npm"], ["npm install"]),
    ("javascript", ["npm"], ["npm install"]),
    ("go", ["go"], ["go mod tidy"]),
    ("java", ["mvn"], ["mvn -B package"]),
    ("csharp", ["dotnet"], ["dotnet restore", "dotnet build"]),
    ("fsharp", ["dotnet"], ["dotnet restore", "dotnet build"])])
def test_what_is_called(place, language, tools, calls):
    place.identity()
    for tool in tools:
        place.tool(tool, '[ "$(basename "$PWD")" = "${1#restore}" ]; exit 0')
    done = place.init("app", "-l", language)
    assert done.status == 0, done
    assert place.calls() == calls
    assert "Please run" not in done.err


def test_python_environment(place):
    place.identity()
    place.tool("python3", """
        mkdir -p .venv/bin; cp "$0" .venv/bin/pip""")
    done = place.init("app", "-l", "python")
    assert done.status == 0, done
    assert [c.split()[0] for c in place.calls()] == ["python3", "pip"]
    assert place.calls()[0] == "python3 -m venv .venv"
    assert place.calls()[1].endswith("-r requirements.txt")
    assert "Executing Creating virtualenv...\n" \
        "Executing Installing dependencies...\n" in done.err
    assert place.git("status", "--porcelain") == ""


@pytest.mark.parametrize("manager", ["yarn", "pnpm", "bun"])
def test_package_managers(place, manager):
    place.identity()
    place.tool(manager)
    done = place.init("app", "-l", "ts", "--package-manager", manager)
    assert done.status == 0, done
    assert place.calls() == [f"{manager} install"]
    assert f"Executing {manager} install...\n" in done.err


def test_gradle_template(place, tmp_path):
    place.identity()
    java = tmp_path / "t" / "java"
    java.mkdir(parents=True)
    (java / "A.java").write_text("class A {}\n")
    (java / "build.gradle").write_text("\n")
    gradlew = java / "gradlew"
    gradlew.write_text('#!/bin/sh\necho "gradlew $*" >>"$LOG"\n')
    gradlew.chmod(0o755)
    done = place.init("--from-path", str(tmp_path / "t"), "--unstable=init")
    assert done.status == 0, done
    assert place.calls() == ["gradlew build"]


def test_tool_fails(place):
    place.identity()
    place.tool("mvn", "echo one; echo two >&2; exit 7")
    done = place.init("app", "-l", "java")
    assert done.status == 0, done
    for text in ("one\n", "two\n", "Unable to package compiled code as JAR\n"
                 "mvn exited with status 7\nPlease run 'mvn package'!\n",
                 "✅ All done!\n\nNext:\n  mvn package\n"):
        assert text in done.err
    assert (place.dir / "pom.xml").exists()


def test_tool_is_missing(place):
    place.identity()
    done = place.init("app", "-l", "ts", PATH=str(place.bin))
    assert done.status == 0, done
    assert "npm install failed: cannot run 'npm': not found in PATH; get it " \
        "from https://nodejs.org" in done.err
    assert "Please run 'npm install'!" in done.err
    assert place.git("fsck") == ""


# ---- the terminal ----

def on_terminal(place, *args):
    """Runs it with a terminal for its messages; returns pid and the
    terminal."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(place.dir)
        os.execve(CCDK, [CCDK, "init", *args],
                  {**place.env, "TERM": "xterm", "COLUMNS": "60"})
    return pid, fd


def read_all(fd):
    out = b""
    while True:
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            return out.decode()
        if not chunk:
            return out.decode()
        out += chunk


def test_live_progress(place):
    place.identity()
    place.tool("go", "for i in 1 2 3 4; do printf '\\033[1mgetting %s\\r' $i;"
               " sleep 0.3; done")
    pid, fd = on_terminal(place, "app", "-l", "go")
    out = read_all(fd)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, out
    assert "go mod tidy (0 s)  getting 1" in out
    assert "go mod tidy (1 s)" in out
    assert "✓ go mod tidy (" in out and "✅ All done!" in out


# ---- interrupts ----

def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_installing(place, sig):
    place.identity()
    place.tool("npm", "mkdir -p node_modules/x; (sleep 300) & sleep 300")
    proc = subprocess.Popen([CCDK, "init", "app", "-l", "js"], cwd=place.dir,
                            env=place.env, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)
    wait_until((place.dir / "node_modules" / "x").exists)
    proc.send_signal(sig)
    out, err = proc.communicate(timeout=30)
    assert proc.returncode == -sig, err
    assert not (place.dir / "node_modules").exists()
    assert (place.dir / "package.json").exists()
    assert "interrupted; the project is complete, what it needs is not " \
        "installed" in err
    assert "Next:\n  npm install\n" in err and "All done" not in err
    assert place.git("fsck") == "" and \
        place.git("status", "--porcelain") == ""


def test_ctrl_c_at_the_terminal(place):
    place.identity()
    place.tool("python3", "mkdir -p .venv/lib; sleep 300")
    pid, fd = on_terminal(place, "app", "-l", "python")
    # without this the terminal drops what was written as Ctrl-C came
    mode = termios.tcgetattr(fd)
    mode[3] |= termios.NOFLSH
    termios.tcsetattr(fd, termios.TCSANOW, mode)
    wait_until((place.dir / ".venv" / "lib").exists)
    os.write(fd, b"\x03")
    out = read_all(fd)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT
    assert not (place.dir / ".venv").exists(), out
    assert (place.dir / "app.py").exists() and "interrupted" in out


# ---- the folder as it was ----

def small_disk(folder, size, *options):
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]),
         "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here")


def test_full_disk(place):
    small_disk(place.dir, "16k")
    try:
        (place.dir / ".gitignore").write_text("mine\n")
        done = place.init("app", "-l", "typescript")
        assert done.status == 1, done
        assert "No space left on device" in done.err
        assert "All done" not in done.err and place.calls() == []
        assert os.listdir(place.dir) == [".gitignore"]
        assert (place.dir / ".gitignore").read_text() == "mine\n"
    finally:
        subprocess.run(["umount", place.dir], check=True)


def test_read_only_folder(place):
    small_disk(place.dir, "1m", "ro")
    try:
        done = place.init("app", "-l", "typescript")
        assert done.status == 1, done
        assert "Read-only file system" in done.err
        assert os.listdir(place.dir) == []
    finally:
        subprocess.run(["umount", place.dir], check=True)


def test_folder_in_the_way(place):
    (place.dir / ".gitignore").mkdir()
    done = place.init("app", "-l", "python")
    assert done.status == 1
    assert "'" + str(place.dir / ".gitignore") + "' is in the way" in done.err
    assert os.listdir(place.dir) == [".gitignore"]


def test_folder_is_gone(place):
    proc = subprocess.run(
        ["sh", "-c", 'cd "$1" && rmdir "$1" && exec "$0" init app -l go',
         CCDK, place.dir], env=place.env, capture_output=True, text=True)
    assert proc.returncode == 1 and "Failed to validate directory" in \
        proc.stderr, proc.stderr


# ---- templates from a repository ----

class GitServer:
    """`git http-backend` on a loopback port; `login` asks for one."""

    def __init__(self, root, login=None):
        outer = self
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def serve(self):
                outer.requests.append(self.path)
                want = login and "Basic " + base64.b64encode(
                    login.encode()).decode()
                if want and self.headers.get("Authorization") != want:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="x"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                size = int(self.headers.get("content-length") or 0)
                path, _, query = self.path.partition("?")
                done = subprocess.run(
                    ["git", "http-backend"], input=self.rfile.read(size),
                    capture_output=True, env={
                        **os.environ, "GIT_PROJECT_ROOT": str(root),
                        "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                        "QUERY_STRING": query,
                        "REQUEST_METHOD": self.command,
                        "CONTENT_TYPE": self.headers.get("content-type", ""),
                        "REMOTE_ADDR": "127.0.0.1"})
                head, _, body = done.stdout.partition(b"\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in
                               head.decode().split("\r\n"))
                status = headers.pop("Status", "200 OK")
                self.send_response(int(status.split()[0]))
                for k, v in headers.items():
                    self.send_header(k, v)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = serve

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def repository(tmp_path):
    """Two templates, with some history."""
    root = tmp_path / "repos" / "templates.git"
    env = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
           "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
           "GIT_CONFIG_GLOBAL": "/dev/null"}
    (root / "web" / "typescript").mkdir(parents=True)
    (root / "job" / "go").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", root], check=True, env=env)
    for text in ("old", "new"):
        (root / "web" / "typescript" / "app.ts").write_text(f"// {text}\n")
        (root / "job" / "go" / "main.go").write_text("package main\n")
        subprocess.run(["git", "add", "."], cwd=root, check=True, env=env)
        subprocess.run(["git", "commit", "-qm", text], cwd=root, check=True,
                       env=env)
    return root


def leftovers(place):
    return [p.name for p in place.dir.parent.iterdir()
            if p.name.startswith("ccdk-")]


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_from_a_folder_repository(place, repository, scheme):
    done = place.init("--from-git-url", f"{scheme}{repository}",
                      "--template-path", "web", "--generate-only")
    assert done.status == 0, done
    assert place.names() == {"app.ts"}
    assert (place.dir / "app.ts").read_text() == "// new\n"
    assert not (place.dir / ".git").exists() and leftovers(place) == []


def test_from_a_server(place, repository):
    place.identity()
    place.tool("go")
    with GitServer(repository.parent) as server:
        done = place.init("--from-git-url", f"{server.url}/templates.git",
                          "--template-path=job", "-l", "go")
        assert done.status == 0, done
        assert server.requests
    assert "Applying project template job for go" in done.err
    assert place.git("log", "--format=%s") == "Initial commit\n"
    assert place.names() == {"main.go"} and place.calls() == ["go mod tidy"]
    assert leftovers(place) == []


def test_repository_with_several_templates(place, repository):
    done = place.init("--from-git-url", str(repository), "-l", "go")
    assert done.status == 1
    assert f"path: {repository}. Use --template-path to specify which " \
        "template to use. There are job, web" in done.err
    assert os.listdir(place.dir) == [] and leftovers(place) == []


def test_repository_with_one_template(place, repository):
    shutil.rmtree(repository / "web")
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b",
                    "commit", "-qam", "one"], cwd=repository, check=True)
    done = place.init("--from-git-url", str(repository), "--generate-only")
    assert done.status == 0, done
    assert "Applying project template job for go" in done.err
    assert place.names() == {"main.go"}


def test_interrupted_while_cloning(place):
    """A server that never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.git"
        proc = subprocess.Popen(
            [CCDK, "init", "--from-git-url", url, "-l", "go"], cwd=place.dir,
            env=place.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        connection, _ = silent.accept()
        assert leftovers(place)
        proc.send_signal(signal.SIGINT)
        assert proc.wait(timeout=30) == -signal.SIGINT
        proc.stderr.close()
        connection.close()
    assert os.listdir(place.dir) == [] and leftovers(place) == []


def test_repository_that_needs_a_login(place, repository):
    with GitServer(repository.parent, "me:secret") as server:
        done = place.init("--from-git-url", f"{server.url}/templates.git",
                          "-l", "go")
        assert done.status == 1 and "needs a login" in done.err, done
        url = server.url.replace("//", "//me:wrong-secret@")
        done = place.init("--from-git-url", f"{url}/templates.git", "-l", "go")
        assert done.status == 1 and "needs a login" in done.err, done
        assert "wrong-secret" not in done.text
        url = server.url.replace("//", "//me:secret@")
        done = place.init("--from-git-url", f"{url}/templates.git",
                          "--template-path", "job", "--generate-only")
        assert done.status == 0, done
    assert place.names() == {"main.go"} and leftovers(place) == []


@pytest.mark.parametrize("url,text", [
    ("http://127.0.0.1:9/x.git", "cannot clone 'http://127.0.0.1:9/x.git': "),
    ("/no/such/folder", "cannot clone '/no/such/folder': no such folder"),
    ("ssh://git@example.com/x", "only https:// and local repositories"),
    ("git@example.com:x/y.git", "only https:// and local repositories"),
    (".", "cannot clone '.': ")])
def test_repository_out_of_reach(place, url, text):
    done = place.init("--from-git-url", url, "-l", "go")
    assert done.status == 1 and text in done.err, done
    assert os.listdir(place.dir) == [] and leftovers(place) == []


def test_repository_that_does_not_exist(place, repository):
    with GitServer(repository.parent) as server:
        done = place.init("--from-git-url", f"{server.url}/other.git", "-l",
                          "go")
    assert done.status == 1 and "cannot clone" in done.err, done
    assert os.listdir(place.dir) == []


# ---- doctor ----

def only_shell(place):
    """A folder with what the stand-ins need and nothing else."""
    folder = place.dir.parent / "shell"
    folder.mkdir()
    for name in ("sh", "basename"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def doctor(place, *args, **env):
    return subprocess.run([CCDK, "doctor", *args], cwd=place.dir,
                          env={**place.env, **env}, capture_output=True,
                          text=True)


def test_doctor_finds_what_is_missing(place):
    place.tool("go", "echo go version go1.17.3 linux/amd64")
    done = doctor(place, "-l", "go", LOG="/dev/null",
                  PATH=f"{place.bin}:{only_shell(place)}")
    assert done.returncode == 255
    assert done.stderr.endswith(
        "ℹ️ Tools for go projects:\n"
        "  - go = 1.17.3 (⚠️ 1.21 or newer is needed: https://go.dev/dl, or "
        "apt-get install golang)\n"
        "  - node is missing (⚠️ the construct library runs on it in every "
        "language: https://nodejs.org, or apt-get install nodejs npm where "
        "that is new enough)\n")


def test_doctor_looks_at_the_project(place):
    for name, version in (("node", "v22.1.0"), ("npm", "10.2.3")):
        place.tool(name, f"echo {version}")
    plain = doctor(place)
    assert plain.returncode == 0 and "Tools for" not in plain.stderr
    assert place.init("app", "-l", "ts", "--generate-only").status == 0
    done = doctor(place)
    assert done.returncode == 0, done.stderr
    assert done.stderr == plain.stderr + (
        "ℹ️ Tools for typescript projects:\n"
        "  - node = 22.1.0\n  - npm = 10.2.3\n")
    (place.dir / "pnpm-lock.yaml").write_text("")
    place.tool("pnpm", "echo 9.1.0")
    assert doctor(place).stderr == done.stderr + "  - pnpm = 9.1.0\n"
    place.tool("node", "echo v14.0.0")
    done = doctor(place)
    assert done.returncode == 255
    assert "  - node = 14.0.0 (⚠️ 20.0 or newer is needed: " \
        "https://nodejs.org" in done.stderr


@pytest.mark.parametrize("language", [
    "typescript", "javascript", "python", "java", "go", "csharp", "fsharp"])
def test_doctor_knows_each_project(place, language):
    assert place.init("app", "-l", language, "--generate-only").status == 0
    assert f"ℹ️ Tools for {language} projects:\n" in doctor(place).stderr


# ---- what is written ----

def test_settings_are_whole(place):
    assert place.init("sample-app", "-l", "py", "--generate-only").status == 0
    settings = json.loads((place.dir / "cdk.json").read_text())
    shared = json.loads((Path(__file__).parents[2] / "share" / "data" /
                         "feature-flags.json").read_text())
    assert settings["context"] == shared["recommended"]
    assert list(settings) == ["app", "watch", "context"]


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.parametrize("template", ["app", "sample-app", "lib"])
def test_javascript_parses(place, template):
    language = "ts" if template == "lib" else "js"
    assert place.init(template, "-l", language,
                      "--generate-only").status == 0
    for path in place.dir.rglob("*.js"):
        subprocess.run(["node", "--check", path], check=True)
    for path in place.dir.rglob("*.json"):
        json.loads(path.read_text())
