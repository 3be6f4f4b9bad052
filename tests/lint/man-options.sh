#!/bin/sh
# Man pages against the options table: every option of a command that has a
# page stands in it as ".It Fl", with its letter and aliases, the global ones
# in ccdk.1; and no page has an option that the table lacks.
# usage: man-options.sh [CCDK]
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
ccdk=${1:-build/ccdk}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

"$ccdk" --dump-options >"$tmp/table"

# the options of command $1, one spelling per line
of_table() {
	awk -F '\t' -v c="$1" '
	$1 == "option" && $2 == c && $9 !~ /hidden/ {
		print "-" $3
		if ($4 != "-")
			print $4
		n = split($7, a, "|")
		for (i = 1; i <= n; i++)
			if (a[i] != "-")
				print "-" a[i]
	}' "$tmp/table" | sort
}

of_page() {
	awk '/^\.It Fl / {
		for (i = 2; i <= NF; i++)
			if ($(i - 1) == "Fl")
				print $i
	}' "$1" | sort
}

compare() {
	of_table "$1" >"$tmp/want"
	of_page "$2" >"$tmp/have"
	if ! diff "$tmp/want" "$tmp/have" >"$tmp/diff"; then
		sed -n "s|^< |$2: missing option -|p
			s|^> |$2: unknown option -|p" "$tmp/diff"
		status=1
	fi
}

compare '*' man/ccdk.1
for page in man/ccdk-*.1; do
	command=$(basename "$page" .1)
	command=${command#ccdk-}
	if ! cut -f 1,2 "$tmp/table" | grep -qx "command	$command"; then
		echo "$page: no such command"
		status=1
	fi
	compare "$command" "$page"
	grep -q "^\.Xr $(basename "$page" .1) 1" man/ccdk.1 || {
		echo "man/ccdk.1 does not mention $page"
		status=1
	}
done
# a command that this build can run needs a page
for source in cmd/*.c; do
	name=$(sed -n 's/.*\.name = "\([a-z-]*\)".*/\1/p' "$source")
	for command in $name; do
		[ -f "man/ccdk-$command.1" ] || {
			echo "man/ccdk-$command.1 is missing"
			status=1
		}
	done
done
exit $status
