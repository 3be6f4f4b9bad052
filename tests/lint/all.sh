#!/bin/sh
# Everything `make lint` checks, each step named; the tools that are missing
# are named as skipped. usage: all.sh ARCHIVE
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0 skipped=0

step() {
	name=$1
	shift
	if "$@" >build/lint.log 2>&1; then
		echo "ok - $name"
		passed=$((passed + 1))
	else
		echo "not ok - $name"
		sed 's/^/    /' build/lint.log | head -40
		failed=$((failed + 1))
	fi
}

need() {
	command -v "$1" >/dev/null 2>&1 && return 0
	echo "skipped - $2 ($1 is not installed)"
	skipped=$((skipped + 1))
	return 1
}

no_match() {
	! git grep -nE "$1" -- "$2" ':!tests/lint' ':!lib/util/banned.h'
}

mkdir -p build
step "layers" sh tests/lint/layers.sh "$1"
step "the map has every file" sh tests/lint/map.sh
step "headers compile alone (gcc)" sh tests/lint/headers.sh gcc
need clang "headers compile alone (clang)" &&
	step "headers compile alone (clang)" sh tests/lint/headers.sh clang
step "no warnings (gcc)" sh tests/lint/compile.sh gcc
need clang "no warnings (clang)" &&
	step "no warnings (clang)" sh tests/lint/compile.sh clang
step "no unfinished marks" no_match '\b(TODO|FIXME|XXX)\b' .
step "no setlocale" no_match '\bsetlocale\(' 'lib/*.c'
step "descriptors are close-on-exec" \
	no_match '\bopen\([^)]*O_(RDONLY|WRONLY|RDWR)[^C]*\)' 'lib/*.c'
step "no trailing white space" no_match '[ 	]+$' '*.[ch]'
need shellcheck "shell scripts" &&
	step "shell scripts" sh -c 'git ls-files "*.sh" .ci/run | xargs shellcheck -S warning'
need codespell "spelling" &&
	step "spelling" sh -c 'git ls-files lib cmd man README.md CHANGELOG.md |
		xargs codespell -L ans,ons,ot,te,fo,nd,inout,crate,iterm'
need mandoc "man pages" &&
	step "man pages" mandoc -T lint -W warning man/*
[ -f tests/lint/man-options.sh ] &&
	step "man pages match the options table" sh tests/lint/man-options.sh
step "generated files are current" sh tests/lint/generated.sh
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
