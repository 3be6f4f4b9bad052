#!/bin/sh
# `make gen` changes nothing that is committed.
set -eu
cd "$(dirname "$0")/../.."
state() {
	git status --porcelain share
	cat share/completions/* share/data/cfn-spec.tsv \
		share/data/stateful.tsv | cksum
}
before=$(state)
make -s gen
after=$(state)
[ "$before" = "$after" ] || {
	echo "make gen changes files below share/: commit the result"
	git status --porcelain share
	exit 1
}
