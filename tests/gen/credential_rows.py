"""The configurations of the credential table; see credential_table.py."""
import json

from credstub import sha1, sha256

ROLE = "arn:aws:iam::111111111111:role/"
START = "https://x.example/start"
LOGIN = "arn:aws:iam::111111111111:user/x"


def keys(name):
    return f"aws_access_key_id = {name}\naws_secret_access_key = s\n"


def env_keys(name, **more):
    return {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": "s", **more}


def process(name, **more):
    doc = {"Version": 1, "AccessKeyId": name, "SecretAccessKey": "s", **more}
    return json.dumps({k: v for k, v in doc.items() if v is not None})


def runs(file):
    return f"credential_process = cat {{home}}/{file}\n"


def sso_token(expires, **more):
    return json.dumps({
        "startUrl": START, "region": "eu-west-1", "accessToken": "cached",
        "expiresAt": expires, "clientId": "c", "clientSecret": "s",
        "registrationExpiresAt": "{later}", "refreshToken": "r", **more})


def sso_file(name):
    return f".aws/sso/cache/{sha1(name)}.json"


def login_file():
    return {f".aws/login/cache/{sha256(LOGIN)}.json": json.dumps({
        "accessToken": {"accessKeyId": "ASIALOGIN", "secretAccessKey": "s",
                        "sessionToken": "t", "accountId": "111111111111",
                        "expiresAt": "{later}"},
        "clientId": "c", "refreshToken": "r", "dpopKey": "k",
        "tokenType": "t", "idToken": "i"})}


SESSION = ("sso_session = work\nsso_account_id = 111111111111\n"
           "sso_role_name = dev\n")
SESSION_SECTION = (f"[sso-session work]\nsso_start_url = {START}\n"
                   "sso_region = eu-west-1\n")
LEGACY = (f"sso_start_url = {START}\nsso_region = eu-west-1\n"
          "sso_account_id = 111111111111\nsso_role_name = dev\n")
WEB = f"role_arn = {ROLE}r\nweb_identity_token_file = {{home}}/web\n"
WEB_ENV = {"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/web",
           "AWS_ROLE_ARN": f"{ROLE}envrole"}
WEB_FILE = {"web": "webtoken"}
TASK = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{url}/task/one"}
IMDS = {"AWS_EC2_METADATA_DISABLED": "false"}

FLAT = "the SDK for JavaScript wants static keys before anything else"
ONLY = ("the reference takes credentials from the profile alone when it is "
        "named by the option")
SPLIT = "the reference merges both files key by key before it looks"

# name, row
ROWS = {
    # ---- environment
    "nothing": {},
    "env keys": {"env": env_keys("AKIDENV")},
    "env keys with token": {"env": env_keys("AKIDENV",
                                            AWS_SESSION_TOKEN="t")},
    "env key id alone": {
        "env": {"AWS_ACCESS_KEY_ID": "AKIDENV"},
        "credentials": "[default]\n" + keys("AKIDFILE"),
        "differs": "half a pair is an error for botocore"},
    "env secret alone": {
        "env": {"AWS_SECRET_ACCESS_KEY": "s"},
        "credentials": "[default]\n" + keys("AKIDFILE")},
    "env keys empty": {
        "env": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
        "credentials": "[default]\n" + keys("AKIDFILE")},
    "amazon names": {
        "env": {"AMAZON_ACCESS_KEY_ID": "AKIDAMZ",
                "AMAZON_SECRET_ACCESS_KEY": "s"},
        "differs": "names that only the reference reads"},
    "amazon and aws names": {
        "env": {"AMAZON_ACCESS_KEY_ID": "AKIDAMZ",
                "AMAZON_SECRET_ACCESS_KEY": "s", **env_keys("AKIDENV")}},
    "env keys beat AWS_PROFILE": {
        "env": env_keys("AKIDENV", AWS_PROFILE="p"),
        "credentials": "[p]\n" + keys("AKIDP")},
    "the option beats env keys": {
        "env": env_keys("AKIDENV"), "profile": "p",
        "credentials": "[p]\n" + keys("AKIDP")},
    "the option beats AWS_PROFILE": {
        "env": {"AWS_PROFILE": "q"}, "profile": "p",
        "credentials": "[p]\n" + keys("AKIDP") + "[q]\n" + keys("AKIDQ")},
    "AWS_PROFILE": {"env": {"AWS_PROFILE": "p"},
                    "credentials": "[p]\n" + keys("AKIDP")},
    "AWS_DEFAULT_PROFILE": {"env": {"AWS_DEFAULT_PROFILE": "p"},
                            "credentials": "[p]\n" + keys("AKIDP")},
    "AWS_PROFILE before AWS_DEFAULT_PROFILE": {
        "env": {"AWS_PROFILE": "p", "AWS_DEFAULT_PROFILE": "q"},
        "credentials": "[p]\n" + keys("AKIDP") + "[q]\n" + keys("AKIDQ"),
        "differs": "botocore reads AWS_DEFAULT_PROFILE first"},
    "unknown profile by option": {
        "profile": "p", "credentials": "[default]\n" + keys("AKIDFILE")},
    "unknown profile by variable": {
        "env": {"AWS_PROFILE": "p"},
        "credentials": "[default]\n" + keys("AKIDFILE")},
    # ---- files
    "default in credentials": {
        "credentials": "[default]\n" + keys("AKIDFILE")},
    "default in config": {"config": "[default]\n" + keys("AKIDCFG")},
    "profile in config": {"profile": "p",
                          "config": "[profile p]\n" + keys("AKIDCFG")},
    "plain name in config": {"profile": "p",
                             "config": "[p]\n" + keys("AKIDCFG")},
    "profile prefix in credentials": {
        "profile": "p", "credentials": "[profile p]\n" + keys("AKIDP")},
    "credentials beat config": {
        "profile": "p", "config": "[profile p]\n" + keys("AKIDCFG"),
        "credentials": "[p]\n" + keys("AKIDP")},
    "quoted name": {"profile": "a b", "differs": "a name with a blank is "
                    "none for the SDK for JavaScript",
                    "config": '[profile "a b"]\n' + keys("AKIDCFG")},
    "quoted simple name": {"profile": "p",
                           "config": '[profile "p"]\n' + keys("AKIDCFG")},
    "halves in two files": {
        "profile": "p", "differs": SPLIT,
        "config": "[profile p]\naws_secret_access_key = s\n",
        "credentials": "[p]\naws_access_key_id = AKIDP\n"},
    "half a pair in a file": {
        "profile": "p", "credentials": "[p]\naws_access_key_id = AKIDP\n"},
    "comment behind a value": {
        "profile": "p", "differs": "configparser keeps it in the value",
        "credentials": "[p]\naws_access_key_id = AKIDP # mine\n"
                       "aws_secret_access_key = s\n"},
    "comment lines": {
        "profile": "p", "credentials": "# a\n[p]\n; b\n" + keys("AKIDP")},
    "carriage returns": {
        "profile": "p",
        "credentials": ("[p]\n" + keys("AKIDP")).replace("\n", "\r\n")},
    "keys in capitals": {
        "profile": "p", "differs": "configparser ignores the case of keys",
        "credentials": "[p]\nAWS_ACCESS_KEY_ID = AKIDP\n"
                       "AWS_SECRET_ACCESS_KEY = s\n"},
    "no blanks": {"profile": "p", "credentials":
                  "[p]\naws_access_key_id=AKIDP\naws_secret_access_key=s\n"},
    "other file names": {
        "env": {"AWS_SHARED_CREDENTIALS_FILE": "{home}/c1",
                "AWS_CONFIG_FILE": "{home}/c2"},
        "profile": "p", "files": {"c1": "[p]\n" + keys("AKIDP"), "c2": ""},
        "credentials": "[p]\n" + keys("AKIDWRONG")},
    "file name with a tilde": {
        "env": {"AWS_SHARED_CREDENTIALS_FILE": "~/c1"}, "profile": "p",
        "files": {"c1": "[p]\n" + keys("AKIDP")}},
    # ---- odd files
    "byte-order mark": {
        "profile": "p", "credentials": "\ufeff[p]\n" + keys("AKIDP"),
        "differs": "configparser takes the mark for a part of the header, "
        "the SDK for JavaScript for white space"},
    "byte-order mark in config": {
        "profile": "p", "config": "\ufeff[profile p]\n" + keys("AKIDP"),
        "differs": "as above"},
    "carriage returns in config": {
        "profile": "p", "config": (f"[profile p]\nrole_arn = {ROLE}r\n"
                                   "source_profile = base\n[profile base]\n" +
                                   keys("AKIDBASE")).replace("\n", "\r\n")},
    "nested settings": {
        "profile": "p", "config": "[profile p]\ns3 =\n"
        "  aws_access_key_id = AKIDWRONG\n  addressing_style = path\n" +
        keys("AKIDP")},
    "nested settings last": {
        "profile": "p", "config": "[profile p]\n" + keys("AKIDP") +
        "s3 =\n  aws_access_key_id = AKIDWRONG\n"},
    "unknown keys and sections": {
        "profile": "p", "config": "[plugins]\nx = y\n[services s]\nz =\n"
        "  w = v\n[profile p]\nfuture_key = 1\n" + keys("AKIDP") +
        "[what ever]\na = b\n"},
    "ten thousand profiles": {
        "profile": "p", "config": "{many}[profile p]\n" + keys("AKIDP")},
    "role behind ten thousand profiles": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "source_profile = base\n{many}[profile base]\n" + keys("AKIDBASE")},
    "token of 20 kB": {
        "profile": "p", "credentials": "[p]\n" + keys("AKIDP") +
        "aws_session_token = {long}\n"},
    "web identity token of 20 kB": {
        "profile": "p", "files": {"web": "{long}"},
        "config": "[profile p]\n" + WEB},
    "process with a token of 20 kB": {
        "profile": "p", "config": "[profile p]\n" + runs("out"),
        "files": {"out": process("AKIDPROC", SessionToken="{long}",
                                 Expiration="{later}")}},
    "empty files": {"profile": "p", "config": "", "credentials": ""},
    "no text at all": {
        "profile": "p", "config": "\x00\x01\x02[[[\n=\n]\n",
        "credentials": "[p]\n" + keys("AKIDP"),
        "differs": "botocore refuses a file that it cannot parse"},
    "circle of three": {
        "profile": "p",
        "config": f"[profile p]\nrole_arn = {ROLE}r\nsource_profile = q\n"
                  f"[profile q]\nrole_arn = {ROLE}s\nsource_profile = o\n"
                  f"[profile o]\nrole_arn = {ROLE}t\nsource_profile = p\n"},
    "a long chain": {
        "profile": "n0", "config": "".join(
            f"[profile n{i}]\nrole_arn = {ROLE}{i}\nsource_profile = "
            f"n{i + 1}\n" for i in range(6)) + "[profile n6]\n" +
        keys("AKIDBASE")},
    "process that writes to stderr": {
        "profile": "p", "files": {"out": process("AKIDPROC")},
        "config": "[profile p]\ncredential_process = sh -c \"echo noise >&2;"
                  " cat {home}/out\"\n"},
    # ---- roles
    "role with source profile": {
        "profile": "p", "credentials": "[base]\n" + keys("AKIDBASE"),
        "config": f"[profile p]\nrole_arn = {ROLE}r\n"
                  "source_profile = base\n"},
    "role of a role": {
        "profile": "p", "credentials": "[base]\n" + keys("AKIDBASE"),
        "config": f"[profile p]\nrole_arn = {ROLE}r\nsource_profile = q\n"
                  f"[profile q]\nrole_arn = {ROLE}s\n"
                  "source_profile = base\n"},
    "role and keys of its own": {
        "profile": "p", "credentials": "[base]\n" + keys("AKIDBASE"),
        "config": f"[profile p]\nrole_arn = {ROLE}r\n"
                  "source_profile = base\n" + keys("AKIDP")},
    "role with itself as source": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "source_profile = p\n" + keys("AKIDP")},
    "source with keys and a role": {
        "profile": "p", "credentials": "[base]\n" + keys("AKIDBASE"),
        "config": f"[profile p]\nrole_arn = {ROLE}r\nsource_profile = q\n"
                  f"[profile q]\nrole_arn = {ROLE}s\n"
                  "source_profile = base\n" + keys("AKIDQ")},
    "roles in a circle": {
        "profile": "p",
        "config": f"[profile p]\nrole_arn = {ROLE}r\nsource_profile = q\n"
                  f"[profile q]\nrole_arn = {ROLE}s\nsource_profile = p\n"},
    "role without a source": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"},
    "role without a source but keys": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n" +
        keys("AKIDP"), "differs": "no role profile for the reference, "
        "broken for botocore"},
    "role with an unknown source": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "source_profile = q\n"},
    "role with both kinds of source": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "source_profile = q\ncredential_source = Environment\n"
        "[profile q]\n" + keys("AKIDQ"), "env": env_keys("AKIDENV")},
    "both kinds of source and keys": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "source_profile = q\ncredential_source = Environment\n" +
        keys("AKIDP"), "differs": "no role profile for the reference, "
        "broken for botocore"},
    "role from the environment": {
        "profile": "p", "env": env_keys("AKIDENV"),
        "config": f"[profile p]\nrole_arn = {ROLE}r\n"
                  "credential_source = Environment\n"},
    "role from an empty environment": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "credential_source = Environment\n"},
    "role from the container": {
        "profile": "p", "env": TASK,
        "config": f"[profile p]\nrole_arn = {ROLE}r\n"
                  "credential_source = EcsContainer\n"},
    "role from the machine": {
        "profile": "p", "env": IMDS,
        "config": f"[profile p]\nrole_arn = {ROLE}r\n"
                  "credential_source = Ec2InstanceMetadata\n"},
    "role from a machine switched off": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "credential_source = Ec2InstanceMetadata\n",
        "differs": "asked for by name, the SDK for JavaScript asks"},
    "role from nowhere known": {
        "profile": "p", "config": f"[profile p]\nrole_arn = {ROLE}r\n"
        "credential_source = Moon\n"},
    "role from a process": {
        "profile": "p", "files": {"out": process("AKIDPROC")},
        "config": f"[profile p]\nrole_arn = {ROLE}r\nsource_profile = q\n"
                  "[profile q]\n" + runs("out")},
    "role from an identity center session": {
        "profile": "p", "files": {sso_file("work"): sso_token("{later}")},
        "config": f"[profile p]\nrole_arn = {ROLE}r\nsource_profile = q\n"
                  "[profile q]\n" + SESSION + SESSION_SECTION},
    "role from a web identity": {
        "profile": "p", "files": WEB_FILE,
        "config": f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n"
                  "[profile q]\n" + WEB},
    # ---- processes
    "process": {"profile": "p", "files": {"out": process("AKIDPROC")},
                "config": "[profile p]\n" + runs("out")},
    "process with expiry": {
        "profile": "p", "config": "[profile p]\n" + runs("out"),
        "files": {"out": process("AKIDPROC", SessionToken="t",
                                 Expiration="{later}")}},
    "process in the credentials file": {
        "profile": "p", "files": {"out": process("AKIDPROC")},
        "credentials": "[p]\n" + runs("out")},
    "process expired": {
        "profile": "p", "config": "[profile p]\n" + runs("out"),
        "files": {"out": process("AKIDPROC", SessionToken="t",
                                 Expiration="{past}")}},
    "process with garbage": {
        "profile": "p", "config": "[profile p]\n" + runs("out"),
        "files": {"out": "garbage"}},
    "process of another version": {
        "profile": "p", "config": "[profile p]\n" + runs("out"),
        "files": {"out": process("AKIDPROC", Version=2)}},
    "process without version": {
        "profile": "p", "config": "[profile p]\n" + runs("out"),
        "files": {"out": process("AKIDPROC", Version=None)}},
    "process without secret": {
        "profile": "p", "config": "[profile p]\n" + runs("out"),
        "files": {"out": process("AKIDPROC", SecretAccessKey=None)}},
    "process that fails": {
        "profile": "p",
        "config": "[profile p]\ncredential_process = false\n"},
    "process and keys in config": {
        "profile": "p", "differs": FLAT,
        "files": {"out": process("AKIDPROC")},
        "config": "[profile p]\n" + keys("AKIDP") + runs("out")},
    "process of the default profile": {
        "files": {"out": process("AKIDPROC")},
        "config": "[default]\n" + runs("out")},
    # ---- web identity
    "web identity of the environment": {"env": WEB_ENV, "files": WEB_FILE},
    "web identity without role": {
        "env": {"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/web"},
        "files": WEB_FILE},
    "web identity without its file": {"env": WEB_ENV},
    "web identity of a profile": {"profile": "p", "files": WEB_FILE,
                                  "config": "[profile p]\n" + WEB},
    "web identity and keys": {
        "profile": "p", "files": WEB_FILE, "differs": FLAT,
        "config": "[profile p]\n" + WEB + keys("AKIDP")},
    "default profile before web identity": {
        "env": WEB_ENV, "files": WEB_FILE, "differs": "botocore takes the "
        "environment's web identity for the profile's own",
        "credentials": "[default]\n" + keys("AKIDFILE")},
    "web identity behind an option without keys": {
        "profile": "p", "env": WEB_ENV, "files": WEB_FILE,
        "config": "[profile p]\nregion = eu-west-1\n"},
    # ---- identity center
    "session": {"profile": "p",
                "config": "[profile p]\n" + SESSION + SESSION_SECTION,
                "files": {sso_file("work"): sso_token("{later}")}},
    "session renewed": {
        "profile": "p",
        "config": "[profile p]\n" + SESSION + SESSION_SECTION,
        "files": {sso_file("work"): sso_token("{soon}")}},
    "session ended and renewed": {
        "profile": "p",
        "config": "[profile p]\n" + SESSION + SESSION_SECTION,
        "files": {sso_file("work"): sso_token("{past}")}},
    "session ended for good": {
        "profile": "p",
        "config": "[profile p]\n" + SESSION + SESSION_SECTION,
        "files": {sso_file("work"): json.dumps(
            {"accessToken": "cached", "expiresAt": "{past}"})}},
    "session without token": {
        "profile": "p",
        "config": "[profile p]\n" + SESSION + SESSION_SECTION},
    "session without section": {
        "profile": "p", "config": "[profile p]\n" + SESSION,
        "files": {sso_file("work"): sso_token("{later}")}},
    "session in the wrong file": {
        "profile": "p", "config": "[profile p]\n" + SESSION,
        "credentials": SESSION_SECTION,
        "files": {sso_file("work"): sso_token("{later}")}},
    "legacy": {"profile": "p", "config": "[profile p]\n" + LEGACY,
               "files": {sso_file(START): sso_token("{later}")}},
    "legacy ending soon": {
        "profile": "p", "config": "[profile p]\n" + LEGACY,
        "files": {sso_file(START): sso_token("{soon}")}},
    "legacy ended": {
        "profile": "p", "config": "[profile p]\n" + LEGACY,
        "files": {sso_file(START): sso_token("{past}")}},
    "legacy without token": {"profile": "p",
                             "config": "[profile p]\n" + LEGACY},
    "legacy incomplete": {
        "profile": "p",
        "config": f"[profile p]\nsso_start_url = {START}\n",
        "files": {sso_file(START): sso_token("{later}")}},
    "session and keys": {
        "profile": "p", "differs": FLAT,
        "config": "[profile p]\n" + SESSION + keys("AKIDP") +
                  SESSION_SECTION,
        "files": {sso_file("work"): sso_token("{later}")}},
    "ended session ends the chain": {
        "env": {"AWS_PROFILE": "p", **TASK},
        "config": "[profile p]\n" + LEGACY,
        "files": {sso_file(START): sso_token("{past}")}},
    # ---- login
    "login": {"profile": "p", "files": login_file(),
              "differs": "botocore needs the package awscrt for it",
              "config": f"[profile p]\nlogin_session = {LOGIN}\n"},
    "login without token": {
        "profile": "p",
        "config": f"[profile p]\nlogin_session = {LOGIN}\n"},
    # ---- container and machine
    "container": {"env": TASK},
    "container with token": {
        "env": {**TASK, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "tok"}},
    "container with token file": {
        "env": {**TASK, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "tok",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{home}/tok"},
        "files": {"tok": "filetok"}},
    "container elsewhere": {
        "env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                "http://192.0.2.1/task/one"}},
    "container before the machine": {"env": {**TASK, **IMDS}},
    "file before the container": {
        "env": TASK, "credentials": "[default]\n" + keys("AKIDFILE")},
    "process with garbage, then the container": {
        "env": {**TASK, "AWS_PROFILE": "p"}, "files": {"out": "garbage"},
        "config": "[profile p]\n" + runs("out"),
        "differs": "a failed process ends botocore's chain"},
    "container behind an option without keys": {
        "profile": "p", "env": TASK, "differs": ONLY,
        "config": "[profile p]\nregion = eu-west-1\n"},
    "machine": {"env": IMDS},
    "machine switched off": {},
    "machine behind an option without keys": {
        "profile": "p", "env": IMDS, "differs": ONLY,
        "config": "[profile p]\nregion = eu-west-1\n"},
}
