#!/bin/sh
# Installs what is missing for building, for the demo or for the tests.
# usage: setup.sh [build|demo|test]     (default: test, which is everything)
# System packages come from tests/packages.txt and are printed before apt-get runs;
# Python packages go to build/venv, npm packages to build/npm. Quick when
# nothing is missing.
set -eu
cd "$(dirname "$0")/.."
mode=${1:-test}
case $mode in
build) groups="build" ;;
demo) groups="build demo" ;;
test) groups="build demo test" ;;
*)
	echo "usage: setup.sh [build|demo|test]" >&2
	exit 2
	;;
esac

is_there() { # is_there PACKAGE SIGN
	case $2 in
	cmd:*) command -v "${2#cmd:}" >/dev/null 2>&1 ;;
	pc:*) pkg-config --exists "${2#pc:}" 2>/dev/null ;;
	file:*) [ -e "${2#file:}" ] ;;
	*) dpkg-query -W -f '${Status}' "$1" 2>/dev/null |
		grep -q 'install ok installed' ;;
	esac
}

missing_packages() {
	while read -r name group sign; do
		case $name in '' | '#'*) continue ;; esac
		case " $groups " in *" $group "*) ;; *) continue ;; esac
		is_there "$name" "${sign:-}" || printf ' %s' "$name"
	done <tests/packages.txt
}

install_packages() {
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	echo "setup: packages that are missing:$missing"
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "setup: no apt-get here; install their like and try again" >&2
		exit 1
	fi
	as_root=
	if [ "$(id -u)" != 0 ]; then
		if ! command -v sudo >/dev/null 2>&1; then
			echo "setup: run as root: apt-get install$missing" >&2
			exit 1
		fi
		as_root=sudo
	fi
	$as_root apt-get update -qq
	# shellcheck disable=SC2086 # a list of words on purpose
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends $missing
}

# A stamp holds the list that was installed; test is a superset of demo.
is_current() { # is_current STAMP FILE...
	stamp=$1
	shift
	[ -f "$stamp" ] && cat "$@" | cmp -s - "$stamp"
}

install_python() {
	lists=tests/demo/requirements.txt
	[ "$mode" = demo ] || lists="$lists tests/requirements.txt"
	for list in $lists; do :; done # the last one names all
	# shellcheck disable=SC2086
	is_current "build/venv/.installed-$mode" $lists && return 0
	echo "setup: Python packages into build/venv"
	[ -x build/venv/bin/pip ] || python3 -m venv build/venv
	build/venv/bin/pip install --quiet --disable-pip-version-check -r "$list"
	# shellcheck disable=SC2086
	cat $lists >"build/venv/.installed-$mode"
	[ "$mode" = demo ] || cat tests/demo/requirements.txt \
		>build/venv/.installed-demo
}

install_npm() {
	list=tests/demo/package.json
	[ "$mode" = demo ] || list=tests/package.json
	[ "$mode" = demo ] && is_current build/npm/.installed-test \
		tests/package.json && return 0
	is_current "build/npm/.installed-$mode" "$list" && return 0
	echo "setup: npm packages into build/npm"
	mkdir -p build/npm
	cp "$list" build/npm/package.json
	(cd build/npm && npm install --silent --no-audit --no-fund \
		--no-package-lock)
	cp "$list" "build/npm/.installed-$mode"
}

install_packages
[ "$mode" = build ] && exit 0
mkdir -p build
install_python
install_npm
