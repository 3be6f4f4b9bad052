#!/bin/sh
# `make gen` changes nothing that is committed.
set -eu
cd "$(dirname "$0")/../.."
before=$(git status --porcelain share; cat share/completions/* 2>/dev/null | cksum)
make -s gen
after=$(git status --porcelain share; cat share/completions/* 2>/dev/null | cksum)
[ "$before" = "$after" ] || {
	echo "make gen changes files below share/: commit the result"
	git status --porcelain share
	exit 1
}
