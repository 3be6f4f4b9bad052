"""Between the program and AWS: forward proxies with and without a login,
private CAs, certificates that are no good, proxies that misbehave, IPv6. Real
servers on loopback; what is no good ends at once with a message that says what
to do, and nothing secret comes out."""
import json
import re
import socket
import ssl
import time

import pytest

from conftest import ACCOUNT, REGION
from netlab import Authority, Canned, Front, Opens, Socks, Tinyproxy

NEVER = ("--require-approval", "never", "--progress", "events")
HERE = f"aws://{ACCOUNT}/{REGION}"
PASSWORD = "pr0xy-s3cret"
LOGIN = ("user", PASSWORD)
SECONDS = 30
NO_CREDENTIALS = (f"Need to perform AWS calls for account {ACCOUNT}, but no "
                  "credentials have been configured")


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def secure(emulator, ca):
    with Front(emulator.port, ca.context()) as front:
        yield front


def at(url, **more):
    """An endpoint; of the caller's bundles only those that are given."""
    return {"AWS_ENDPOINT_URL": url, "REQUESTS_CA_BUNDLE": None,
            "NODE_EXTRA_CA_CERTS": None, **more}


def refused(cloud, url, *args, **env):
    """A command that cannot reach AWS: what it says, quickly and once."""
    start = time.monotonic()
    # the account is not known from an earlier run
    env["CDK_HOME"] = str(cloud.home / "none")
    done = cloud.fails("bootstrap", HERE, *args, env=at(url, **env))
    assert time.monotonic() - start < SECONDS
    assert NO_CREDENTIALS in done.err
    assert "Sanitizer" not in done.err
    return done


# ---- proxies ----------------------------------------------------------------

@pytest.mark.parametrize("login", [None, LOGIN], ids=["open", "login"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_journey_through_a_proxy(cloud, assembly, emulator, ca, tmp_path,
                                 tls, login):
    """Everything goes through it, and only through it."""
    asm = assembly("queue")
    with Front(emulator.port, ca.context() if tls else None) as front, \
            Tinyproxy(tmp_path, login) as proxy:
        name = "HTTPS_PROXY" if tls else "http_proxy"
        env = at(front.url, AWS_CA_BUNDLE=str(ca.file), **{
            name: proxy.url(":".join(login) if login else "")})
        cloud.ok("bootstrap", HERE, env=env)
        done = cloud.ok("deploy", "-a", asm, *NEVER, env=env)
        assert cloud.stack("Queues")["StackStatus"] == "CREATE_COMPLETE"
        assert "(no changes)" in cloud.ok("deploy", "-a", asm, *NEVER,
                                          env=env).text
        cloud.ok("destroy", "-a", asm, "--force", env=env)
        assert cloud.stack("Queues") is None
        assert PASSWORD not in done.text
        seen = proxy.requests("CONNECT" if tls else "")
        assert front.connections == len(seen) > 3
        host = f"localhost:{front.port}"
        assert all(host in line for line in seen)


def test_which_proxy(cloud, emulator, tmp_path):
    """--proxy over the environment and its exceptions; "" is none."""
    with Front(emulator.port) as front, Tinyproxy(tmp_path) as proxy:
        dead = "http://127.0.0.1:1"

        def through(*args, **env):
            before = len(proxy.requests()), front.connections
            cloud.ok("bootstrap", HERE, *args, env=at(front.url, **env))
            made = front.connections - before[1]
            assert made > 0
            assert len(proxy.requests()) - before[0] in (0, made)
            return len(proxy.requests()) > before[0]

        url = proxy.url()
        assert not through()
        assert not through(HTTPS_PROXY=dead)
        assert through(HTTP_PROXY=url)
        assert through(http_proxy=url, HTTP_PROXY=dead)
        assert through(ALL_PROXY=url)
        assert through(HTTP_PROXY=url.removeprefix("http://"))
        assert not through(HTTP_PROXY=dead, NO_PROXY="localhost")
        assert not through(HTTP_PROXY=dead, no_proxy=f"x localhost:"
                           f"{front.port}")
        assert through(HTTP_PROXY=url, NO_PROXY="local,ocalhost,"
                       "localhost:1,.localhost")
        assert through("--proxy", url, HTTP_PROXY=dead, NO_PROXY="*")
        assert not through("--proxy", "", HTTP_PROXY=dead)
        (cloud.home / "cdk.json").write_text(json.dumps({"proxy": url}))
        assert through(HTTP_PROXY=dead)


def test_proxy_that_is_spoken_tls_to(cloud, secure, ca, tmp_path):
    with Tinyproxy(tmp_path, LOGIN) as inner, \
            Front(inner.port, ca.context()) as proxy:
        url = f"https://user:{PASSWORD}@localhost:{proxy.port}"
        cloud.ok("bootstrap", HERE, env=at(
            secure.url, HTTPS_PROXY=url, AWS_CA_BUNDLE=str(ca.file)))
        assert proxy.handshakes == secure.handshakes > 0
        done = refused(cloud, secure.url, HTTPS_PROXY=url)
        assert (f"the certificate of 'https://localhost:{proxy.port}' is not "
                "trusted: ") in done.err
        assert PASSWORD not in done.text


@pytest.mark.parametrize("scheme,host", [
    ("socks", "localhost"), ("socks5h", "localhost"), ("socks5", None)])
def test_socks(cloud, secure, ca, scheme, host):
    """Names are looked up by the proxy or here, as the reference does."""
    with Socks() as proxy:
        cloud.ok("bootstrap", HERE, env=at(
            secure.url, AWS_CA_BUNDLE=str(ca.file),
            ALL_PROXY=f"{scheme}://127.0.0.1:{proxy.port}"))
        assert secure.connections == len(proxy.hosts) > 0
        assert set(proxy.hosts) == {host or "127.0.0.1"}


@pytest.mark.parametrize("given", ["", "user:wr0ng@"], ids=["none", "wrong"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_proxy_wants_a_login(cloud, emulator, ca, tmp_path, tls, given):
    with Front(emulator.port, ca.context() if tls else None) as front, \
            Tinyproxy(tmp_path, LOGIN) as proxy:
        done = refused(cloud, front.url, "--proxy",
                       f"http://{given}127.0.0.1:{proxy.port}",
                       AWS_CA_BUNDLE=str(ca.file))
        assert front.connections == 0
        assert not tls or len(proxy.requests()) <= 2
    name = f"the proxy 'http://127.0.0.1:{proxy.port}'"
    # a wrong one is answered by tinyproxy with 401
    code = 401 if given else 407
    assert "wr0ng" not in done.text
    if not tls and ("Connection reset by peer" in done.err or given):
        # tinyproxy may close before it has read a request, which is then
        # lost; and 401 may be anybody's
        assert "through the proxy" in done.err or (
            "HTTP status 401 and a web page: a proxy may stand between here "
            "and AWS") in done.err
        return
    assert (f"no reply from 'localhost:{front.port}': {name} " + (
        f"does not accept the user name and password of its address ({code})"
        if given else f"wants a login ({code}): put user name and password into "
        "its address, as in http://USER:PASSWORD@HOST:PORT")) in done.err


PAGE = b"<!DOCTYPE html><html><body>Sign in first</body></html>"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" \
    b"Content-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)
DENIED = b"HTTP/1.1 403 Filtered\r\nContent-Type: text/html\r\n" \
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(PAGE), PAGE)


@pytest.mark.parametrize("tls,reply,text", [
    (False, HTML, "GetCallerIdentity was answered with a web page, not by "
     "AWS: a proxy or the sign-in page of this network stands in between"),
    (False, DENIED, "GetCallerIdentity was answered with HTTP status 403 and "
     "a web page: a proxy may stand between here and AWS"),
    (False, DENIED.replace(b"403", b"407"), "no reply from 'localhost:4': the "
     "proxy '{url}' wants a login (407): "),
    (False, b"", "no reply from 'localhost:4' through the proxy '{url}': "),
    (False, b"SSH-2.0-OpenSSH_9.2\r\n", "no reply from 'localhost:4' through "
     "the proxy '{url}': "),
    (True, HTML, "'localhost:4' does not speak TLS through the proxy '{url}'"
     ),
    (True, DENIED, "no reply from 'localhost:4': the proxy '{url}' makes no "
     "connection to it (HTTP status 403)"),
    (True, b"", "no reply from 'localhost:4' through the proxy '{url}': "),
    (True, b"SSH-2.0-OpenSSH_9.2\r\n", "no reply from 'localhost:4' through "
     "the proxy '{url}': "),
], ids=["page", "denied", "login", "closed", "garbage", "tls-page", "tls-denied",
        "tls-closed", "tls-garbage"])
def test_proxy_that_misbehaves(cloud, tls, reply, text):
    with Canned(reply) as proxy:
        done = refused(cloud, f"{'https' if tls else 'http'}://localhost:4",
                       HTTPS_PROXY=proxy.url, HTTP_PROXY=proxy.url)
        # the signature is for AWS alone
        if tls:
            assert not any(b"uthorization: AWS4" in h for h in proxy.heads)
    assert text.format(url=proxy.url) in done.err


@pytest.mark.parametrize("address,text", [
    ("proxy", "Invalid proxy address 'proxy': it must be a URL that includes "
     "a protocol, e.g. 'http://proxy'."),
    ("ftp://u:hidden@h", "Unsupported protocol 'ftp' in proxy address "
     "'ftp://***@h'. Supported protocols are: http, https, socks, socks4, "
     "socks4a, socks5, socks5h."),
    ("http://u:hidden@h:x", "Invalid proxy address 'http://***@h:x': it must "
     "be a URL that includes a protocol, e.g. 'http://http://***@h:x'."),
    ("pac+http://h/p.pac", "The proxy address 'pac+http://h/p.pac' names a "
     "proxy configuration script, which ccdk does not run. Give the address "
     "of the proxy itself."),
])
def test_no_proxy_address(cloud, assembly, address, text):
    """Told before anything is done, as the reference does."""
    done = cloud.fails("ls", "-a", assembly("queue"), "--proxy", address)
    assert done.err == text + "\n"
    assert "hidden" not in done.text


def test_proxy_that_is_not_there(cloud):
    done = refused(cloud, "http://localhost:4",
                   HTTP_PROXY="http://u:hidden@127.0.0.1:1")
    assert ("no reply from 'localhost:4' through the proxy "
            "'http://127.0.0.1:1': ") in done.err
    assert "hidden" not in done.text


def test_metadata_is_asked_directly(cloud, emulator):
    """Container credentials do not go through the proxy."""
    keys = json.dumps({"AccessKeyId": "test", "SecretAccessKey": "test",
                       "Token": "t", "Expiration": "2099-01-01T00:00:00Z"})
    with Canned(f"HTTP/1.1 200 OK\r\nContent-Length: {len(keys)}\r\n\r\n"
                f"{keys}".encode()) as agent:
        cloud.ok("bootstrap", HERE, env={
            "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{agent.url}/role",
            "HTTP_PROXY": "http://127.0.0.1:1",
            "NO_PROXY": f"127.0.0.1:{emulator.port}"})
        assert agent.heads[0].startswith(b"GET /role ")


# ---- certificates -----------------------------------------------------------

@pytest.mark.parametrize("how", [
    "option", "setting", "AWS_CA_BUNDLE", "aws_ca_bundle", "profile",
    "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])
def test_private_ca(cloud, secure, ca, how):
    args, env = [], {}
    if how == "option":
        args = ["--ca-bundle-path", ca.file]
    elif how == "setting":
        (cloud.home / "cdk.json").write_text(json.dumps(
            {"caBundlePath": str(ca.file)}))
    elif how == "profile":
        (cloud.home / ".aws").mkdir()
        (cloud.home / ".aws/config").write_text(
            f"[default]\nca_bundle = {ca.file}\n")
    else:
        env = {how: str(ca.file)}
    cloud.ok("bootstrap", HERE, *args, env=at(secure.url, **env))
    assert secure.handshakes > 0


def test_whole_deployment_over_tls(cloud, secure, ca, assembly):
    """One connection at a time is enough, and the CA is read once a run."""
    env = at(secure.url, AWS_CA_BUNDLE=str(ca.file))
    cloud.ok("bootstrap", HERE, env=env)
    opens, before = Opens(ca.file), secure.connections
    cloud.ok("deploy", "-a", assembly("queue"), *NEVER, env=env)
    assert cloud.stack("Queues")["StackStatus"] == "CREATE_COMPLETE"
    assert opens.count() == 1
    assert secure.connections - before <= 4
    opens.close()


def test_unknown_ca(cloud, secure, ca, tmp_path):
    done = refused(cloud, secure.url)
    assert (f"the certificate of 'localhost:{secure.port}' is not trusted: "
            ) in done.err
    assert ("name a file with the CA that signed it with --ca-bundle-path or "
            "AWS_CA_BUNDLE") in done.err
    assert secure.handshakes == 0 and secure.connections <= 2
    # there is no way around it
    done = refused(cloud, secure.url, NODE_TLS_REJECT_UNAUTHORIZED="0",
                   AWS_CA_BUNDLE="/nowhere/ca.pem")
    assert "is not trusted" in done.err
    assert "There is no CA bundle '/nowhere/ca.pem'" in done.err
    # another CA
    other = tmp_path / "other"
    other.mkdir()
    done = refused(cloud, secure.url, "--ca-bundle-path",
                   Authority(other).file)
    assert f"add the CA that signed it to '{other}/ca.pem'" in done.err
    assert secure.handshakes == 0


def test_bundle_without_certificates(cloud, secure, tmp_path):
    (tmp_path / "empty.pem").write_text("nothing\n")
    done = refused(cloud, secure.url, AWS_CA_BUNDLE=str(
        tmp_path / "empty.pem"))
    assert (f"the CA bundle '{tmp_path}/empty.pem' cannot be used: it must "
            "hold certificates in PEM form") in done.err


@pytest.mark.parametrize("kw,text", [
    ({"name": "elsewhere.example"}, "the certificate of '{at}' is for "
     "another name: "),
    ({"start": -3, "end": -1}, "the certificate of '{at}' has expired: it "
     "must be renewed there, unless the clock of this machine is wrong"),
    ({"start": 1, "end": 2}, "the certificate of '{at}' is not valid yet: "
     "check the clock of this machine"),
], ids=["name", "expired", "early"])
def test_bad_certificate(cloud, emulator, ca, kw, text):
    with Front(emulator.port, ca.context(**kw)) as front:
        done = refused(cloud, front.url, AWS_CA_BUNDLE=str(ca.file))
        assert front.connections <= 2
    assert text.format(at=f"localhost:{front.port}") in done.err


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls(cloud, emulator, ca):
    context = ca.context()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with Front(emulator.port, context) as front:
        done = refused(cloud, front.url, AWS_CA_BUNDLE=str(ca.file))
        assert front.handshakes == 0
    assert (f"'localhost:{front.port}' offers no TLS 1.2 or newer, and "
            "nothing older is used") in done.err


def test_plain_http_where_tls_is_expected(cloud, emulator):
    done = refused(cloud, f"https://localhost:{emulator.port}")
    assert f"'localhost:{emulator.port}' does not speak TLS" in done.err


# ---- endpoints --------------------------------------------------------------

@pytest.mark.parametrize("env,config,host", [
    ({}, "", "sts.us-east-1.amazonaws.com"),
    ({"AWS_USE_FIPS_ENDPOINT": "true"}, "", "sts-fips.us-east-1.amazonaws.com"
     ),
    ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "", "sts.us-east-1.api.aws"),
    ({}, "use_fips_endpoint = true\nuse_dualstack_endpoint = true\n",
     "sts-fips.us-east-1.api.aws"),
    ({"AWS_USE_FIPS_ENDPOINT": "false"}, "use_fips_endpoint = true\n",
     "sts.us-east-1.amazonaws.com"),
    ({"AWS_REGION": "cn-north-1"}, "", "sts.cn-north-1.amazonaws.com.cn"),
    ({"AWS_ENDPOINT_URL_STS": "https://sts.example:8443/"}, "",
     "sts.example:8443"),
    ({}, "services = s\n[services s]\nsts =\n  endpoint_url = "
     "https://sts.example\n", "sts.example"),
])
def test_where_requests_go(cloud, env, config, host):
    """A proxy that lets nothing through sees the address: none leaves."""
    (cloud.home / ".aws").mkdir()
    (cloud.home / ".aws/config").write_text(f"[default]\n{config}")
    with Canned(DENIED) as proxy:
        done = refused(cloud, None, HTTPS_PROXY=proxy.url, **env)
        heads = {h.split(b" ")[1].decode() for h in proxy.heads}
    where = host if ":" in host else f"{host}:443"
    assert heads == {where}
    assert (f"no reply from '{host}': the proxy '{proxy.url}' makes no "
            "connection to it (HTTP status 403)") in done.err


def test_endpoint_flag_that_is_none(cloud):
    done = refused(cloud, "http://localhost:4", AWS_USE_FIPS_ENDPOINT="yes")
    assert ('Cannot load env "AWS_USE_FIPS_ENDPOINT". Expected "true" or '
            '"false", got yes.') in done.err


# ---- IPv6 -------------------------------------------------------------------

def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback")
def test_ipv6_endpoint(cloud, emulator, assembly):
    with Front(emulator.port, family=socket.AF_INET6) as front:
        env = at(f"http://[::1]:{front.port}")
        cloud.ok("bootstrap", HERE, env=env)
        cloud.ok("deploy", "-a", assembly("queue"), *NEVER, env=env)
        assert cloud.stack("Queues")["StackStatus"] == "CREATE_COMPLETE"
        assert front.connections > 0


# ---- secrets ----------------------------------------------------------------

def test_trace_of_a_deployment_holds_no_secret(cloud, ca, emulator, assembly,
                                               tmp_path):
    """Everything that can be shown is: an assumed role, an upload, a login at
    the proxy. None of the secrets of the run is in it."""
    secrets = {"key": "k3yS3cret/long+enough", "token": "t0kenS3cret=="}
    aws = tmp_path / "home/.aws"
    aws.mkdir(parents=True)
    (aws / "credentials").write_text(
        "[base]\naws_access_key_id = test\n"
        f"aws_secret_access_key = {secrets['key']}\n"
        f"aws_session_token = {secrets['token']}\n")
    (aws / "config").write_text(
        f"[profile x]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/Some\n"
        "source_profile = base\nexternal_id = exteRn4l\n")
    with Front(emulator.port, ca.context()) as front, \
            Tinyproxy(tmp_path, LOGIN) as proxy:
        env = at(front.url, AWS_CA_BUNDLE=str(ca.file), CCDK_TRACE="all",
                 AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        seen = []
        for name, more in (("option", ("--proxy", proxy.url(
                ":".join(LOGIN)))), ("variable", ())):
            if name == "variable":
                env["HTTPS_PROXY"] = proxy.url(":".join(LOGIN))
            for line in (("bootstrap", HERE), ("deploy", "-a",
                         assembly("web"), *NEVER), ("destroy", "-a",
                         assembly("web"), "--force")):
                done = cloud.ok(*line, "--profile", "x", "-vvv", "--debug",
                                *more, env=env)
                seen.append(done.text)
        # wrong: messages of failures hold none either
        done = cloud.fails("deploy", "-a", assembly("web"), *NEVER, "-vvv",
                           "--profile", "x", "--proxy", proxy.url(
                               f"user:{PASSWORD}x"), env=env)
        seen.append(done.text)
        asked = b"".join(front.asked).decode("latin1")
        answered = b"".join(front.answered).decode("latin1")
    text = "".join(seen)
    assert " http: " in text and " aws: " in text and " creds: " in text
    assert f"through http://127.0.0.1:{proxy.port}" in text
    assumed = re.findall(r"<(?:SecretAccessKey|SessionToken)>([^<]+)<",
                         answered)
    signatures = re.findall(r"Signature=([0-9a-f]{64})", asked)
    assert assumed and len(signatures) > 20
    for secret in (PASSWORD, *secrets.values(), *assumed, *signatures):
        assert secret not in text
    for word in ("X-Amz-Security-Token", "Proxy-Authorization",
                 "AWS4-HMAC-SHA256"):
        assert word not in text
