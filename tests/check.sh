#!/bin/bash
# Runs every test suite and closes with the plain count "N passed, N failed".
# usage: check.sh BUILD_DIR   (called by `make check`, which builds first)
# Each suite's whole output stays in BUILD_DIR/check/NAME.log.
# CHECK_SUITES="unit cli" runs only those, CHECK_WORKERS=1 the last two in turn.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
logs=$build/check
mkdir -p "$logs"
total_passed=0 total_failed=0 total_skipped=0
suites=${CHECK_SUITES:-unit fuzz cli options diff server e2e}
CCDK=$PWD/$build/ccdk
export CCDK
export CCDK_BUILD=$PWD/$build
python=build/venv/bin/python
# tests that talk to servers wait more than they compute
workers=${CHECK_WORKERS:-$(($(nproc) + 1))}

wanted() {
	case " $suites " in
	*" $1 "*) return 0 ;;
	*) return 1 ;;
	esac
}

# count NAME EXIT PASSED FAILED SKIPPED
count() {
	total_passed=$((total_passed + $3))
	total_failed=$((total_failed + $4))
	total_skipped=$((total_skipped + $5))
	if [ "$2" -ne 0 ] && [ "$4" -eq 0 ]; then
		# died without counting a failure: that is one
		total_failed=$((total_failed + 1))
		echo "not ok - $1: ended with status $2, see $logs/$1.log"
	elif [ "$4" -ne 0 ]; then
		echo "not ok - $1: $3 passed, $4 failed, see $logs/$1.log"
	else
		echo "ok - $1: $3 passed, $5 skipped"
	fi
	if [ "$2" -ne 0 ] || [ "$4" -ne 0 ]; then
		grep -E '^(not ok|FAILED|ERROR|E  )|ERROR: |runtime error|\[  (ERROR|FAILED) ' \
			"$logs/$1.log" | head -40 | sed 's/^/    /'
		tail -15 "$logs/$1.log" | sed 's/^/    | /'
	fi
}

number() { # number WORD FILE: the count before WORD in the last summary line
	grep -oE "[0-9]+ $1" "$2" | tail -n 1 | grep -oE '[0-9]+' || echo 0
}

run_plain() { # run_plain NAME COMMAND...: closes with "N passed, N failed"
	local name=$1 status
	shift
	"$@" >"$logs/$name.log" 2>&1
	status=$?
	count "$name" $status "$(number passed "$logs/$name.log")" \
		"$(number failed "$logs/$name.log")" \
		"$(number skipped "$logs/$name.log")"
}

# run_pytest NAME FOLDER: several at once; what fails in that crowd is run once
# more alone, which is told, and counts.
run_pytest() {
	local name=$1 folder=$2 log=$logs/$1.log again=$logs/$1-again.log
	local status passed failed skipped
	set -- "$python" -m pytest -q -o "cache_dir=$PWD/$logs/pytest-$name"
	"$@" -n "$workers" "$folder" >"$log" 2>&1
	status=$?
	passed=$(number passed "$log") failed=$(number failed "$log")
	skipped=$(number skipped "$log")
	if [ "$status" -eq 1 ] && [ "$failed" -gt 0 ] && [ "$failed" -le 5 ] &&
		"$@" --last-failed --last-failed-no-failures none "$folder" \
			>"$again" 2>&1; then
		echo "note - $name: failed among others, passed alone (see $log):"
		grep '^FAILED' "$log" | sed 's/^/    /'
		passed=$((passed + failed)) failed=0 status=0
	fi
	count "$name" "$status" "$passed" "$failed" "$skipped"
}

tests_in() { # tests_in WORD LOG: cmocka names each again in its summary
	awk -v word="$1" '/test\(s\) run\./ { exit }
		$2 == word && $3 == "]" { n++ } END { print n + 0 }' "$2"
}

run_units() {
	local t name log status
	for t in "$build"/unit/t_*; do
		[ -x "$t" ] && [ "${t%.d}" = "$t" ] || continue
		name=$(basename "$t")
		log=$logs/$name.log
		CMOCKA_MESSAGE_OUTPUT=STDOUT "$t" >"$log" 2>&1
		status=$?
		count "$name" $status \
			"$(grep -c '^\[       OK \]' "$log")" \
			"$(tests_in FAILED "$log")" "$(tests_in SKIPPED "$log")"
	done
}

wanted unit && run_units
wanted fuzz && run_plain fuzz bash tests/fuzz/replay.sh "$build"
wanted cli && run_plain cli "$python" tests/cli/run.py
wanted options && run_plain options "$python" tests/cli/reference_options.py
wanted diff && run_plain diff "$python" tests/diff/run.py
wanted server && run_pytest server tests/server
wanted e2e && run_pytest e2e tests/e2e

echo "details: $logs"
[ "$total_skipped" -eq 0 ] || echo "skipped: $total_skipped (named in the logs)"
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
