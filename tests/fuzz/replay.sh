#!/bin/bash
# Feeds every committed corpus to its fuzz target once; a crash or a failed
# assertion is a failure. usage: replay.sh BUILD_DIR
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
for source in tests/fuzz/f_*.c; do
	name=$(basename "$source" .c)
	corpus=tests/fuzz/corpus/${name#f_}
	if [ ! -d "$corpus" ]; then
		echo "not ok - $name: no corpus in $corpus"
		failed=$((failed + 1))
	elif "$1/fuzz/$name" "$corpus"; then
		echo "ok - $name"
		passed=$((passed + 1))
	else
		echo "not ok - $name"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
