"""What stands between the program and AWS: a private CA, a front that ends TLS
and counts its connections, a real forward proxy (tinyproxy) and proxies that
misbehave. Everything on loopback."""
import contextlib
import ctypes
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

CA_CONFIG = """
[ca]
default_ca = d
[d]
database = {d}/index
new_certs_dir = {d}
serial = {d}/serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


class Authority:
    """A CA of one's own and the server certificates it signs."""

    def __init__(self, folder):
        self.folder = folder
        self.file, self.key = folder / "ca.pem", folder / "ca.key"
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        (folder / "ca.cnf").write_text(CA_CONFIG.format(d=folder))
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                self.key, "-out", self.file, "-subj", "/CN=test CA",
                "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")

    def certificate(self, name="localhost", start=-1, end=1):
        """A PEM file with key and certificate; days from now."""
        pem = self.folder / f"{name}{start}{end}.pem"
        if pem.exists():
            return pem
        key, csr, crt = (pem.with_suffix(x) for x in (".key", ".csr", ".crt"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                "-out", csr, "-subj", f"/CN={name}", "-addext",
                f"subjectAltName=DNS:{name}")
        day = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(
            time.time() + 86400 * d)) for d in (start, end)]
        openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf",
                "-cert", self.file, "-keyfile", self.key, "-in", csr,
                "-out", crt, "-startdate", day[0], "-enddate", day[1])
        pem.write_text(key.read_text() + crt.read_text())
        return pem

    def context(self, **kw):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(self.certificate(**kw))
        return ctx


def pump(source, sink, record=None):
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            if record is not None:
                record.append(data)
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Listener:
    """Threads that serve connections on a loopback port."""

    def __init__(self, family=socket.AF_INET):
        self.sock = socket.socket(family)
        self.sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1",
                        0))
        self.sock.listen(200)
        self.port = self.sock.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self):
        with contextlib.suppress(OSError):
            while True:
                conn, _ = self.sock.accept()
                self.connections += 1
                threading.Thread(target=self.guarded, args=(conn,),
                                 daemon=True).start()

    def guarded(self, conn):
        with contextlib.suppress(OSError, ValueError), conn:
            conn.settimeout(60)
            self.serve(conn)

    def serve(self, conn):
        raise NotImplementedError

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Front(Listener):
    """Passes everything on to a port; with a context it ends TLS first. What
    went through is kept."""

    def __init__(self, target, context=None, family=socket.AF_INET):
        self.target, self.context = target, context
        self.handshakes = 0
        self.asked, self.answered = [], []
        super().__init__(family)

    @property
    def url(self):
        scheme = "https" if self.context else "http"
        return f"{scheme}://localhost:{self.port}"

    def serve(self, conn):
        if self.context:
            conn = self.context.wrap_socket(conn, server_side=True)
            self.handshakes += 1
        with conn, socket.create_connection(("127.0.0.1",
                                             self.target)) as back:
            threading.Thread(target=pump, args=(back, conn, self.answered),
                             daemon=True).start()
            pump(conn, back, self.asked)


class Canned(Listener):
    """Reads one request head and answers with these bytes."""

    def __init__(self, reply):
        self.reply, self.heads = reply, []
        super().__init__()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def serve(self, conn):
        data = b""
        while b"\r\n\r\n" not in data:
            part = conn.recv(65536)
            if not part:
                return
            data += part
        self.heads.append(data)
        conn.sendall(self.reply)


class Socks(Listener):
    """SOCKS 5 without a login; keeps the hosts it was asked for."""

    def __init__(self):
        self.hosts = []
        super().__init__()

    def serve(self, conn):
        def read(n):
            data = b""
            while len(data) < n:
                part = conn.recv(n - len(data))
                if not part:
                    raise OSError("closed")
                data += part
            return data

        read(read(2)[1])
        conn.sendall(b"\5\0")
        kind = read(4)[3]
        host = read(read(1)[0]).decode() if kind == 3 else \
            socket.inet_ntop(socket.AF_INET6 if kind == 4 else
                             socket.AF_INET, read(16 if kind == 4 else 4))
        port = struct.unpack(">H", read(2))[0]
        self.hosts.append(host)
        with socket.create_connection((host, port)) as back:
            conn.sendall(b"\5\0\0\1\0\0\0\0\0\0")
            threading.Thread(target=pump, args=(back, conn),
                             daemon=True).start()
            pump(conn, back)


class Tinyproxy:
    """The packaged proxy, with or without a login."""

    def __init__(self, folder, login=None):
        if not shutil.which("tinyproxy"):
            pytest.skip("tinyproxy is not installed")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.log, conf = folder / "tinyproxy.log", folder / "tinyproxy.conf"
        lines = [f"Port {self.port}", "Listen 127.0.0.1", "Timeout 60",
                 "MaxClients 200", f'LogFile "{self.log}"', "LogLevel Connect",
                 "Allow 127.0.0.1"]
        if login:
            lines.append("BasicAuth {} {}".format(*login))
        conf.write_text("\n".join(lines) + "\n")
        self.proc = subprocess.Popen(["tinyproxy", "-d", "-c", str(conf)],
                                     stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            time.sleep(0.05)

    def url(self, login=""):
        return f"http://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    def requests(self, method=""):
        """The request lines it saw."""
        return [line.split("): ", 1)[1] for line in
                self.log.read_text().splitlines()
                if "): " in line and "Request" in line
                and f"): {method}" in line]

    def close(self):
        self.proc.terminate()
        self.proc.wait(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Opens:
    """How often a file is opened, by anybody, as inotify tells."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK)
        assert self.fd >= 0
        assert libc.inotify_add_watch(self.fd, os.fsencode(path), 0x30) >= 0

    def count(self):
        found = 0
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, 1 << 16):
                while data:
                    _, mask, _, size = struct.unpack_from("iIII", data)
                    # closing is watched too: equal events in a row are one
                    found += bool(mask & 0x20)
                    data = data[16 + size:]
        return found

    def close(self):
        os.close(self.fd)
