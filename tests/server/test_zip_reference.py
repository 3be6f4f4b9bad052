"""Zips of folders beside the reference's own: names, order, modes, times and
bytes are the same, and so is the key they get; only the deflate streams come
from different libraries."""
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from assets import Assets, file_asset
from harness import ROOT

REFERENCE = Path(os.environ.get(
    "REFERENCE_CDK", ROOT / "build/npm/node_modules/.bin/cdk"))
pytestmark = pytest.mark.skipif(not REFERENCE.exists(),
                                reason="the reference CLI is missing")
KEY = "assets/0123.zip"


def put(path, data=b"", mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def odd(src):
    """Links, odd names and modes, empty things, what is no file."""
    put(src / "b" / "z.txt", b"z" * 5000)
    put(src / "b" / "a" / "deep", b"deep")
    put(src / "a.txt", b"a")
    put(src / "B.txt", b"B")
    put(src / "empty", b"")
    put(src / "run.sh", b"#!/bin/sh\n", 0o755)
    put(src / "private", b"x", 0o600)
    put(src / "setuid", b"x", 0o4711)
    put(src / ".hidden" / ".file", b"h")
    put(src / "with space" / "ünï cödé \u2713.txt", "✓".encode())
    put(src / "\U0001f600", b"smile")
    put(src / "\uffee", b"beyond surrogates in UTF-16 order")
    # no backslash: the reference makes folders of names with one, and fails
    # when it is the last letter; no line break: it leaves such files out.
    # Ours keeps both as they are.
    put(src / "quote'\"$`", b"q")
    put(src / "random", os.urandom(300000))
    put(src / "a", b"before the folder of its name's sort")
    (src / "no files" / "below").mkdir(parents=True)
    (src / "link").symlink_to("a.txt")
    (src / "folder link").symlink_to("b")
    (src / "broken").symlink_to("nowhere")
    os.mkfifo(src / "pipe")


def wide(src):
    """Many in one folder, many folders."""
    for i in range(1500):
        put(src / f"f{i * 7919 % 1500}", b"%d" % i)
    for i in range(60):
        put(src / f"d{i}" / "x" / "y", b"y")


def entries(data):
    z = zipfile.ZipFile(io.BytesIO(data))
    return [(i.filename, i.date_time, oct(i.external_attr), i.create_system,
             i.create_version, i.extract_version, i.flag_bits,
             i.compress_type, i.CRC, i.file_size, i.extra, i.comment)
            for i in z.infolist()], [z.read(i) for i in z.infolist()]


def published(folder, fill, monkeypatch, program):
    monkeypatch.setenv("CCDK", str(program))
    files = {"0123": file_asset({"path": "src", "packaging": "zip"}, KEY)}
    folder.mkdir()
    with Assets(folder, files) as b:
        (b.app / "src").mkdir()
        fill(b.app / "src")
        r = b.publish()
        assert r.status == 0, r.err
        assert [k for _, k in b.server.stored] == [KEY]
        return b.server.stored["assets", KEY]


@pytest.mark.parametrize("fill", [odd, wide])
def test_same_entries(tmp_path, monkeypatch, fill):
    made = []
    monkeypatch.setattr(os, "urandom", lambda n: bytes(
        i * i % 251 for i in range(n)))
    for name, program in (("ours", os.environ.get(
            "CCDK", ROOT / "build/ccdk")), ("theirs", REFERENCE)):
        made.append(entries(published(tmp_path / name, fill, monkeypatch,
                                      program)))
    (ours, our_bytes), (theirs, their_bytes) = made
    assert ours == theirs
    assert our_bytes == their_bytes
    assert len(ours) > 10


def test_umask_and_place_do_not_matter(tmp_path, monkeypatch):
    """Byte for byte, whoever makes it where."""
    made = set()
    for n, mask in enumerate((0o022, 0o077)):
        old = os.umask(mask)
        try:
            made.add(published(tmp_path / f"x{n}", wide, monkeypatch,
                               os.environ.get("CCDK", ROOT / "build/ccdk")))
        finally:
            os.umask(old)
    assert len(made) == 1


def without_root(folder, program):
    """The program without root's right to read everything, if it has that."""
    if os.geteuid() != 0:
        return program
    script = folder / "without-root"
    script.write_text('#!/bin/sh\nexec setpriv --bounding-set='
                      '-dac_override,-dac_read_search '
                      f'"{program}" "$@"\n')
    script.chmod(0o755)
    return script


@pytest.mark.parametrize("what", ["file", "folder"])
def test_unreadable(tmp_path, monkeypatch, what):
    files = {"0123": file_asset({"path": "src", "packaging": "zip"}, KEY,
                                "Func")}
    with Assets(tmp_path, files) as b:
        put(b.app / "src" / "a")
        put(b.app / "src" / "sub" / "secret", b"s")
        monkeypatch.setenv("CCDK", str(without_root(tmp_path, os.environ.get(
            "CCDK", ROOT / "build/ccdk"))))
        shut = b.app / "src" / ("sub/secret" if what == "file" else "sub")
        shut.chmod(stat.S_IWUSR | stat.S_IXUSR)
        r = b.publish()
        shut.chmod(0o755)
        assert r.status == 1
        assert f"cannot read {'folder ' if what == 'folder' else ''}'" in r.err
        assert "Permission denied" in r.err and str(shut) in r.err
        assert "Failed to publish asset Func (d1)" in r.err
        assert list((b.app / ".cache").iterdir()) == []
