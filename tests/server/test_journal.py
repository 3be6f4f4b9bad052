"""A deployment that is killed, at any moment, and is resumed."""
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from harness import Bench, good, stack_row, template

TWO = {"S1": {}, "S2": {"deps": ["S1"]}}
SCENARIO = {"operations": [good(name="S1"), good(name="S2")]}
CALLS = ("CreateChangeSet", "ExecuteChangeSet")


def journals(bench):
    folder = bench.folder / "home/.cdk/ccdk/deployments"
    return sorted(folder.glob("*.json")) if folder.exists() else []


def deploy(bench, *more, env=None):
    return bench.start("deploy", "--all", "--require-approval", "never",
                       *more, env=env)


def kill_at(bench, point, nth):
    """Kills the client when its nth request to CloudFormation was received,
    performed or answered; whether there were as many."""
    seen = {"n": 0, "hit": False}
    process = {}

    def hook(when, *_):
        if when != point:
            return
        seen["n"] += 1
        if seen["n"] == nth:
            seen["hit"] = True
            while "it" not in process:
                time.sleep(0.001)
            process["it"].kill()
            process["it"].wait()
    bench.server.hook = hook
    process["it"] = deploy(bench)
    process["it"].communicate(timeout=60)
    bench.server.hook = lambda *_: None
    return seen["hit"]


def assert_converged(bench, stacks=("S1", "S2")):
    """Every stack deployed by exactly one operation."""
    world = bench.server.world
    assert {n: s["StackStatus"] for n, s in world.stacks.items()} == \
        {n: "CREATE_COMPLETE" for n in stacks}
    assert [b[:2] for b in world.begun] == [(n, "CREATE") for n in stacks]
    assert not journals(bench)


def start_resume(bench, *more, env=None):
    """Without an app: the journal names it."""
    bench.app_option = None
    try:
        return bench.start("resume", *more, env=env)
    finally:
        bench.app_option = "asm"


def resume(bench, *more, env=None):
    return bench.finish(start_resume(bench, *more, env=env))


def go_on(bench):
    """As a person would: resume, or deploy where there is nothing to."""
    if journals(bench):
        return resume(bench)
    return bench.finish(deploy(bench))


@pytest.mark.parametrize("point", ["received", "performed", "answered"])
def test_killed_at_every_request(tmp_path, point):
    nth = 0
    while True:
        nth += 1
        with Bench(tmp_path / str(nth), SCENARIO, TWO) as b:
            if not kill_at(b, point, nth):
                break
            r = go_on(b)
            assert r.status == 0, (nth, r.err)
            assert_converged(b)
    assert nth > 12


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The process dies just before, or just after, its nth journal is in place. */
int rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) =
	    (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
	static int seen;
	int nth = atoi(getenv("KILL_NTH")), r, hit;

	hit = strstr(to, "/deployments/") && ++seen == nth;
	if (hit && getenv("KILL_BEFORE"))
		kill(getpid(), SIGKILL);
	r = real(from, to);
	if (hit)
		kill(getpid(), SIGKILL);
	return r;
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "shim.so", "shim.c",
                    "-ldl"], cwd=folder, check=True)
    return folder / "shim.so"


def preload(shim, nth, **more):
    asan = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(shim), "KILL_NTH": str(nth),
            "ASAN_OPTIONS": f"{asan}:verify_asan_link_order=0", **more}


@pytest.mark.parametrize("before", [False, True])
def test_killed_at_every_write_of_the_journal(tmp_path, shim, before):
    nth = 0
    while True:
        nth += 1
        with Bench(tmp_path / str(nth), SCENARIO, TWO) as b:
            env = preload(shim, nth, **({"KILL_BEFORE": "1"} if before
                                        else {}))
            first = b.finish(deploy(b, env=env))
            if first.status == 0:
                break
            assert first.status == -signal.SIGKILL
            r = go_on(b)
            assert r.status == 0, (nth, r.err)
            assert_converged(b)
    assert nth > 8


def test_the_resumed_one_is_killed_again(tmp_path, shim):
    with Bench(tmp_path, SCENARIO, TWO) as b:
        for _ in range(20):
            env = preload(shim, 2)
            r = b.finish(deploy(b, env=env) if not journals(b) else
                         start_resume(b, env=env))
            if r.status == 0:
                break
            assert r.status == -signal.SIGKILL
        assert r.status == 0
        assert_converged(b)
