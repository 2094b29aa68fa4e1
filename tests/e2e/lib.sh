# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The end-to-end tests' frame. A test is a function t_NAME, run in a subshell with a folder of its
# own ($dir); it ends early with fail or skip, and is ok otherwise. Everything a test starts in the
# background is stopped by pid when it ends.

set -u
BUILD=${BUILD:-build}
assay=$(readlink -f "$BUILD/assay")
sim_bin=$(readlink -f "$BUILD/sim")
player=$sim_bin/usdt-player
tools=$(readlink -f "$BUILD/tests/e2e")
sim=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../sim/sim")
suite=$(basename "$0")
export LC_ALL=C

fail() {
	echo "# $*"
	exit 1
}

skip() {
	echo "$*" >"$dir/skip"
	exit 0
}

# equal GOT WANT WHAT
equal() {
	[ "$1" = "$2" ] || fail "$3: got \"$1\", want \"$2\""
}

# contains TEXT PART WHAT
contains() {
	[[ "$1" == *"$2"* ]] || fail "$3: no \"$2\" in \"$1\""
}

# json FILE FILTER: the values that jq finds in a file of JSON lines, on one line
json() {
	jq -r "$2" "$1" 2>&1 | tr '\n' ' ' | sed 's/ $//'
}

# until_true TRIES COMMAND…: tries every 20 ms
until_true() {
	local tries=$1
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.02
	done
}

semaphores() {
	"$tools/semaphores" "$1"
}

traced() {
	[ "$(semaphores "$1")" -gt 0 ]
}

untraced() {
	[ "$(semaphores "$1")" -eq 0 ]
}

# wait_traced PID: until a tracer has attached to it
wait_traced() {
	until_true 500 traced "$1" || fail "pid $1 was never attached to"
}

# A script that waits until all of perfgw's and tracegw's probes are attached (this is the last of
# them), then fires N pairs of gw-OP, PAUSE each.
script_pairs() {
	local op=$1 n=$2 pause=$3
	cat <<-END
		wait crucible_upstairs:gw-write-unwritten-start
		sleep 5ms
		repeat $n
		crucible_upstairs:gw-$op-start %i+1000
		sleep $pause
		crucible_upstairs:gw-$op-done %i+1000
		end
	END
}

stop_jobs() {
	local pids
	# a background job that is hit by a signal before it has become its program comes here too
	[ "$BASHPID" = "$test_pid" ] || return
	pids=$(jobs -p)
	# shellcheck disable=SC2086 # one word a pid
	[ -z "$pids" ] || kill $pids 2>/dev/null
	wait
}

run_test() {
	local name=$1
	dir=$(mktemp -d)
	(
		test_pid=$BASHPID
		trap stop_jobs EXIT
		"t_$name"
	) >"$dir/log" 2>&1
	local status=$?
	if [ $status -ne 0 ]; then
		sed 's/^/# /' "$dir/log"
		echo "not ok $suite/$name"
		failed=1
	elif [ -e "$dir/skip" ]; then
		echo "skip $suite/$name: $(cat "$dir/skip")"
	else
		echo "ok $suite/$name"
	fi
	[ -n "${KEEP:-}" ] || rm -rf "$dir"
}

# Runs every t_ function of the calling script, in the order they stand there.
run_tests() {
	local name
	failed=0
	if [ "$(id -u)" -ne 0 ]; then
		echo "skip $suite: needs root"
		return 0
	fi
	# shellcheck disable=SC2013 # names are single words
	for name in $(sed -n 's/^t_\([a-z0-9_]*\)() {$/\1/p' "$0"); do
		[ $# -gt 0 ] && [[ " $* " != *" $name "* ]] && continue
		run_test "$name"
	done
	return $failed
}
