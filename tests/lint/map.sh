#!/bin/sh
# Every file of the folders that lib/README.md lists room by room is in it:
# by its name, or under a pattern such as `activity*`.
set -eu
cd "$(dirname "$0")/../.."
tr '`,;|() ' '\n' <lib/README.md | sed 's|^[a-z]*/||; s|\.c$||' |
	grep -E '^[a-z][a-z_]*\*?$' | sort -u >build/map.words
status=0
for f in lib/deploy/*.c lib/cfn/*.c lib/plan/*.c; do
	name=$(basename "$f" .c)
	while read -r word; do
		# shellcheck disable=SC2254 # the words are patterns
		case $name in $word) continue 2 ;; esac
	done <build/map.words
	echo "lib/README.md has no room for $f"
	status=1
done
exit $status
