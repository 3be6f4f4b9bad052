#!/bin/sh
# Every header compiles alone. usage: headers.sh [CC]
set -eu
cd "$(dirname "$0")/../.."
cc=${1:-cc}
status=0
for h in lib/*/*.h cmd/*.h; do
	$cc -std=c17 -D_GNU_SOURCE -Ilib -Icmd -Wall -Wextra -Werror \
		-fsyntax-only -include "$h" -x c /dev/null || {
		echo "$h does not compile alone"
		status=1
	}
done
exit $status
