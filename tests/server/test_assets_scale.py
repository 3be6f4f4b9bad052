"""Assets as large as they come: many files, gigabytes, real packages."""
import contextlib
import io
import os
import shutil
import subprocess
import time
import zipfile
import zlib

import pytest

from assets import Assets, file_asset
from harness import ROOT

MIB = 1 << 20
SIZE = (5 << 30) + 12345
NODE_MODULES = ROOT / "build/npm/node_modules"
CHECKED = "release" not in os.environ.get("CCDK_BUILD", "release")
slow = pytest.mark.skipif(CHECKED, reason="gigabytes take too long with a "
                          "sanitizer; the smaller tests go the same ways")


def folder_asset(tmp_path, **scenario):
    b = Assets(tmp_path, {"code": file_asset(
        {"path": "src", "packaging": "zip"}, "code.zip", "Code")},
        scenario=scenario)
    (b.app / "src").mkdir()
    return b


def sparse(path):
    """5 GiB and some; only the ends are not zero."""
    with open(path, "wb") as f:
        f.write(b"begin")
        f.seek(SIZE - 3)
        f.write(b"end")


def breadth_first(top):
    """Names in the order a zip has them."""
    folders = [top]
    for folder in folders:
        for path in sorted(folder.iterdir(), key=lambda p: os.fsencode(p.name)):
            if path.is_dir():
                folders.append(path)
            elif path.is_file():
                yield path


def assert_holds(z, top):
    """The archive has all below top, in order, with its bytes."""
    files = list(breadth_first(top))
    assert z.namelist() == [str(p.relative_to(top)) for p in files]
    for path, info in zip(files, z.infolist()):
        data = path.read_bytes()
        assert (info.file_size, info.CRC) == (len(data), zlib.crc32(data)), path
    return len(files)


def published_zip(b):
    r = b.publish()
    assert r.status == 0, r.err
    data = b.server.stored["assets", "code.zip"]
    z = zipfile.ZipFile(io.BytesIO(data))
    assert z.testzip() is None
    return z


def test_large_files_in_a_zip(tmp_path):
    """What is cut into blocks: with a rest, and without one; the same bytes
    every time."""
    piece = os.urandom(MIB // 2) + b"some text, " * (MIB // 22)
    made = set()
    for n in range(2):
        (tmp_path / str(n)).mkdir()
        with folder_asset(tmp_path / str(n)) as b:
            for name, size in (("rest", 33 * MIB + 5), ("even", 34 * MIB)):
                (b.app / "src" / name).write_bytes(
                    (piece * (size // len(piece) + 1))[:size])
            (b.app / "src" / "z").write_text("after them")
            assert assert_holds(published_zip(b), b.app / "src") == 3
            made.add(zlib.crc32(b.server.stored["assets", "code.zip"]))
    assert len(made) == 1


def test_many_files(tmp_path):
    with folder_asset(tmp_path) as b:
        for i in range(200):
            (b.app / "src" / f"d{i}").mkdir()
            for k in range(100):
                (b.app / "src" / f"d{i}" / f"f{k}").write_text(f"{i} {k}" * k)
        assert assert_holds(published_zip(b), b.app / "src") == 20000


def test_more_files_than_fit_in_16_bits(tmp_path):
    with folder_asset(tmp_path) as b:
        for i in range(66):
            (b.app / "src" / f"d{i}").mkdir()
            for k in range(1000):
                (b.app / "src" / f"d{i}" / f"f{k}").touch()
        assert len(published_zip(b).namelist()) == 66000
        path = b.app / ".cache" / "code.zip"
        done = subprocess.run(["unzip", "-l", path], check=True,
                              capture_output=True, text=True)
        assert done.stdout.rstrip().endswith(" 66000 files")


def real_sources(target):
    """48 MB of sources as packages have them."""
    size = 0
    for path in breadth_first(NODE_MODULES):
        if path.suffix in (".js", ".ts", ".json", ".md") and \
                path.stat().st_size < MIB and size < 48 * 1000 * 1000:
            to = target / path.relative_to(NODE_MODULES)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
            size += path.stat().st_size
    return size


@pytest.mark.skipif(not NODE_MODULES.exists(), reason="no packages here")
def test_source_tree(tmp_path):
    with folder_asset(tmp_path) as b:
        if real_sources(b.app / "src") < 40 * 1000 * 1000:
            pytest.skip("the packages have less than 40 MB of sources")
        assert assert_holds(published_zip(b), b.app / "src") > 500


@slow
@pytest.mark.skipif(not NODE_MODULES.exists(), reason="no packages here")
def test_node_modules(tmp_path):
    """All that is installed for these tests: 200 MB, with its links."""
    with folder_asset(tmp_path) as b:
        (b.app / "src").rmdir()
        (b.app / "src").symlink_to(NODE_MODULES)
        assert assert_holds(published_zip(b), b.app / "src") > 1000


def peak_kib(process):
    """Of this program alone, where the system's account has its parent's."""
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(OSError, StopIteration):
            peak = int(next(
                line.split()[1] for line in open(
                    f"/proc/{process.pid}/status", encoding="utf-8")
                if line.startswith("VmHWM")))
        time.sleep(0.05)
    return peak


@slow
def test_five_gib_in_parts(tmp_path):
    """Each part is what the file has there; memory does not grow with it."""
    with Assets(tmp_path, {"big": file_asset({"path": "f"}, "f")},
                scenario={"swallow": True}) as b:
        sparse(b.app / "f")
        process = b.start("publish-assets", "--unstable=publish-assets")
        peak = peak_kib(process)
        r = b.finish(process)
        assert r.status == 0, r.err
        parts = {int(c["query"]["partNumber"]): c for c in b.calls("part")}
        n = -(-SIZE // (5 * MIB))
        assert sorted(parts) == list(range(1, n + 1))
        assert all(c["honest"] for c in parts.values())
        assert sum(c["size"] for c in parts.values()) == SIZE
        text = b.calls("complete")[0]["text"]
        assert text.count("<ETag>") == n
        assert peak < 64 * 1024


@slow
def test_five_gib_in_a_zip(tmp_path):
    with folder_asset(tmp_path) as b:
        sparse(b.app / "src" / "large")
        (b.app / "src" / "z").write_text("after it")
        r = b.run("publish-assets", "--unstable=publish-assets", timeout=600)
        assert r.status == 0, r.err
        data = b.app / ".cache" / "code.zip"
        with zipfile.ZipFile(data) as z:
            assert [(i.filename, i.file_size) for i in z.infolist()] == [
                ("large", SIZE), ("z", 8)]
        # another program's reading of it, checksums and all
        subprocess.run(["unzip", "-tqq", data], check=True, timeout=600)
        assert b.server.stored["assets", "code.zip"] == data.read_bytes()


