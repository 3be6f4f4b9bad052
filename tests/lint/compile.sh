#!/bin/sh
# Every source file compiles without a warning, with the Makefile's flags.
# usage: compile.sh CC
set -eu
cd "$(dirname "$0")/../.."
flags=$(make -s print-flags CC="$1")
# shellcheck disable=SC2086 # a list of words on purpose
printf '%s\n' lib/*/*.c cmd/*.c | xargs -P "$(nproc)" -n 8 \
	"$1" $flags -Werror -fsyntax-only
