#!/bin/bash
# The main job, as a user types it: bootstrap, list, diff, deploy, change,
# diff, deploy, deploy again, destroy. Against an AWS emulator on a loopback
# port; nothing leaves this machine and nothing stays behind.
# usage: demo.sh      (`make demo` installs what it needs and builds first)
#
# The app is written with the real library, in JavaScript: the library runs on
# Node in every language, and without a second language in between each run of
# the app takes a second instead of five.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
ccdk=${CCDK:-$root/build/ccdk}
python=$root/build/venv/bin/python
work=$(mktemp -d "${TMPDIR:-/tmp}/ccdk-demo.XXXXXX")
emulator=
begun=$SECONDS

cleanup() {
	if [ -n "$emulator" ]; then
		kill "$emulator" 2>/dev/null
		wait "$emulator" 2>/dev/null
	fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'echo; echo "demo: interrupted"; exit 130' INT
trap 'exit 143' TERM HUP

fail() {
	echo "demo: $*" >&2
	[ -s "$work/emulator.log" ] && {
		echo "demo: the emulator said at last:" >&2
		tail -n 15 "$work/emulator.log" >&2
	}
	exit 1
}

start_emulator() {
	local port url
	port=$("$python" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])') || fail "no free port"
	"$python" "$root/tests/e2e/ministack_shim.py" "$port" \
		>"$work/emulator.log" 2>&1 &
	emulator=$!
	url=http://127.0.0.1:$port
	for _ in $(seq 300); do
		kill -0 "$emulator" 2>/dev/null || fail "the emulator ended"
		if "$python" -c "import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=1)" \
			"$url/_ministack/health" 2>/dev/null; then
			export AWS_ENDPOINT_URL=$url
			return
		fi
		sleep 0.1
	done
	fail "the emulator did not start within 30 s"
}

# What the shell that runs us knows of AWS must not get in the way.
clean_environment() {
	local name
	for name in $(compgen -e | grep -E '^(AWS|CDK)_'); do
		unset "$name"
	done
	unset CI http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
	mkdir -p "$work/bin" "$work/home"
	ln -s "$ccdk" "$work/bin/ccdk"
	export PATH="$work/bin:$PATH" HOME="$work/home"
	export NODE_PATH="$root/build/npm/node_modules" NODE_NO_WARNINGS=1
	# the library's own rule check takes five times as long as the app
	export CDK_VALIDATION=false
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
	export AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
}

say() {
	printf '\n# %s\n' "$*"
}

# Shows a command, runs it, and keeps what it said for `expect`.
run() {
	printf '$ %s\n' "$*"
	"$@" 2>&1 | tee "$work/last"
	local status=${PIPESTATUS[0]}
	[ "$status" != 130 ] || exit 130 # Ctrl-C reached it first
	[ "$status" = 0 ] || fail "'$*' ended with status $status"
}

expect() {
	grep -qF -- "$1" "$work/last" || fail "the last command did not say: $1"
}

[ -x "$ccdk" ] || fail "$ccdk is missing: run 'make' first"
[ -x "$python" ] || fail "build/venv is missing: run 'sh tests/setup.sh demo'"
clean_environment
start_emulator
cp -r "$root/tests/demo/app" "$work/app"
cd "$work/app" || exit 1

say "An emulator of AWS listens at $AWS_ENDPOINT_URL, and here is an app:"
run cat app.js

say "Once per account and region: the bucket and the roles for deployments."
run ccdk bootstrap aws://000000000000/us-east-1
expect "bootstrapped."

say "What is in the app, and what would change?"
run ccdk list
expect Jobs
run ccdk diff
expect "AWS::SQS::Queue"

say "The first deployment: uploads the function's code, creates the stack."
run ccdk deploy --require-approval never
expect "Jobs.QueueUrl = "

say "A change: jobs may take twice as long."
run sed -i 's/Duration.seconds(30)/Duration.seconds(60)/' app.js
run ccdk diff
expect "VisibilityTimeout"
run ccdk deploy --require-approval never
expect "Jobs.QueueUrl = "

say "Nothing changed since: nothing happens."
run ccdk deploy --require-approval never
expect "(no changes)"

say "And away with it."
run ccdk destroy --force
expect "destroyed"

printf '\ndemo: every step passed, in %s s\n' "$((SECONDS - begun))"
