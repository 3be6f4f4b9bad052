"""--ci-format: what the log viewers of build systems make more of."""
import re

import pytest

from harness import Bench, console, failing, good

NEVER = ("--require-approval", "never")
GITHUB = {"GITHUB_ACTIONS": "true"}


def lines(r):
    return r.err.splitlines()


def test_github_groups(tmp_path):
    with Bench(tmp_path, {"operations": [good(name="A"), good(name="B2")]},
               {"A": {}, "B2": {}}) as b:
        r = b.run("deploy", "--all", *NEVER, env=GITHUB)
    at = [i for i, line in enumerate(lines(r)) if line.startswith("::")]
    assert [lines(r)[i] for i in at] == ["::group::A", "::endgroup::",
                                         "::group::B2", "::endgroup::"]
    inside = lines(r)[at[0] + 1:at[1]]
    assert inside[0] == "A" and inside[-1] == "Stack ARN:"
    # the ARNs are all there is on stdout, as ever
    assert [line.split("/")[1] for line in r.out.splitlines()] == ["A", "B2"]


@pytest.mark.parametrize("args, env", [
    ([], {}), ([], {"GITHUB_ACTIONS": "false"}), ([], {"CI": "true"}),
    (["--ci-format", "none"], GITHUB),
    # groups cannot overlap
    (["--concurrency", "2"], GITHUB)])
def test_no_groups(tmp_path, args, env):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, *args, env=env)
    assert r.status == 0
    assert not re.search(r"^::|section_", r.err + r.out, re.M)


def test_groups_go_where_the_text_goes(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--ci", env=GITHUB)
    assert "::group::S1" in r.out and "::" not in r.err


def test_gitlab_sections(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, env={"GITLAB_CI": "true"})
    # universal newlines made one of the carriage return
    assert re.search(r"^\x1b\[0Ksection_start:\d{10}:ccdk_S1\[collapsed=true\]"
                     r"\n\x1b\[0KS1$", r.err, re.M)
    assert re.search(r"Stack ARN:\n\x1b\[0Ksection_end:\d{10}:ccdk_S1\n"
                     r"\x1b\[0K$", r.err, re.M)


def traced(folder):
    return {"S1": {"metadata": {"/S1/B/Resource": [
        {"type": "aws:cdk:logicalId", "data": "B", "trace": [
            f"new Bucket ({folder}/node_modules/aws-cdk-lib/b.js:1:2)",
            f"new My ({folder}/lib/my,stack.ts:12:5)"]}]}}}


def test_github_annotation_and_summary(tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    with Bench(tmp_path, {"operations": [failing("CREATE")]},
               traced(tmp_path)) as b:
        r = b.run("deploy", *NEVER, env={
            **GITHUB, "GITHUB_WORKSPACE": str(tmp_path),
            "GITHUB_STEP_SUMMARY": str(summary)})
    assert r.status == 1
    assert [line for line in lines(r) if line.startswith("::error")] == [
        "::error file=lib/my%2Cstack.ts,line=12,col=5,"
        "title=S1%3A CREATE_FAILED B::"
        'Resource handler returned message: "bucket exists" (RequestToken: '
        "x, HandlerErrorCode: AlreadyExists)"]
    text = re.sub(r"[0-9.]+ s", "N s", summary.read_text())
    assert text == (
        "before\n### ccdk deploy\n\n| Stack | Result | Time |\n"
        "| --- | --- | --- |\n"
        f"| [S1]({console('S1')}) | ❌ failed | N s |\n\n"
        "- **S1**, B (AWS::S3::Bucket): Resource handler returned message: "
        '"bucket exists" (RequestToken: x, HandlerErrorCode: '
        "AlreadyExists)\n\n")


def test_files_outside_are_not_named(tmp_path):
    (tmp_path / "repo").mkdir()
    with Bench(tmp_path, {"operations": [failing("CREATE")]},
               traced(tmp_path)) as b:
        r = b.run("deploy", *NEVER, env={
            **GITHUB, "GITHUB_WORKSPACE": str(tmp_path / "repo")})
    assert "::error title=S1%3A CREATE_FAILED B::" in r.err


def test_failure_before_any_stack(tmp_path):
    with Bench(tmp_path) as b:
        r = b.run("deploy", "Nobody", env=GITHUB)
    assert ("::error title=ccdk failed::No stacks match the name(s) Nobody"
            in lines(r))


def test_summary_of_success(tmp_path):
    summary = tmp_path / "summary.md"
    scenario = {"stacks": {"S1": {"template": "{}"}},
                "operations": [good("DELETE")]}
    with Bench(tmp_path, scenario) as b:
        r = b.run("destroy", "-f", "S1", env={
            **GITHUB, "GITHUB_STEP_SUMMARY": str(summary)})
    assert r.status == 0
    assert "### ccdk destroy\n" in summary.read_text()
    assert re.search(r"\| S1 \| ✅ destroyed \| [0-9.]+ s \|",
                     summary.read_text())


def test_summary_that_cannot_be_written(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, env={
            **GITHUB, "GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert r.status == 0


def test_with_json(tmp_path):
    with Bench(tmp_path, {"operations": [good()]}) as b:
        r = b.run("deploy", *NEVER, "--json", env=GITHUB)
    assert "::group::S1" in r.err and "::group" not in r.out
