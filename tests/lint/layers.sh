#!/bin/sh
# Fails when a file includes from a higher or sideways layer (lib/README.md),
# or uses a library header outside the files that own it, or when library code
# prints or exits. usage: layers.sh [ARCHIVE]
set -eu
cd "$(dirname "$0")/../.."
status=0

awk '
# Does the path begin with one of the words?
function owned(path, words,    i, n, w) {
	n = split(words, w, " ")
	for (i = 1; i <= n; i++)
		if (index(path, w[i]) == 1)
			return 1
	return 0
}
BEGIN {
	n = split("util:0 term:1 cli:1 net:1 aws:2 model:2 spec:2 app:3 " \
	    "diff:3 watch:3 asset:4 cfn:4 scaffold:3 deploy:5 plan:6 bootstrap:6 cmd:7", pair, " ")
	for (i = 1; i <= n; i++) {
		split(pair[i], p, ":")
		rank[p[1]] = p[2]
	}
	owner["curl/curl.h"] = "lib/net/"
	owner["expat.h"] = "lib/util/xml.c"
	owner["yaml.h"] = "lib/util/yaml_"
	owner["uthash.h"] = "lib/util/strmap.c"
	owner["libdeflate.h"] = "lib/util/zip lib/util/crc32.c"
	owner["git2.h"] = "lib/util/gitrepo"
	owner["utf8proc.h"] = "lib/term/term.c lib/util/utf8_upper.c " \
	    "lib/scaffold/naming.c"
	exit_code = 0
}
FNR == 1 {
	split(FILENAME, at, "/")
	own = at[1] == "cmd" ? "cmd" : at[2]
	if (!(own in rank)) {
		print FILENAME ": folder has no place in the layers"
		exit_code = 1
	}
}
/^#include "/ {
	split($2, q, "\"")
	split(q[2], part, "/")
	if (part[2] == "") # cmd.h, or a generated table
		next
	to = part[1]
	if (!(to in rank)) {
		print FILENAME ":" FNR ": unknown folder in " $2
		exit_code = 1
	} else if (to != own && rank[to] >= rank[own] &&
	    !(own == "cli" && to == "term")) {
		print FILENAME ":" FNR ": " own " must not include " $2
		exit_code = 1
	}
}
/^#include </ {
	split($2, q, /[<>]/)
	if (q[2] in owner && !owned(FILENAME, owner[q[2]])) {
		print FILENAME ":" FNR ": only " owner[q[2]] \
		    "* includes <" q[2] ">"
		exit_code = 1
	}
}
END { exit exit_code }
' lib/*/*.[ch] cmd/*.[ch] || status=1

# Only the terminal layers and cmd may print or end the program.
if [ $# -gt 0 ]; then
	nm -A "$1" 2>/dev/null | awk '
	$NF ~ /^(printf|puts|putchar|exit|__printf_chk|perror)$/ && / U / {
		split($1, f, ":")
		print f[2] ": uses " $NF
		bad = 1
	}
	END { exit bad }' | grep -vE '^(help|complete|sink|term|prompt)[a-z_]*\.o' &&
		status=1
fi
exit $status
