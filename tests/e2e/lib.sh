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

# lines_are FILE PATTERN N: whether so many lines match
lines_are() {
	[ "$(grep -c "$2" "$1")" = "$3" ]
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

# A copy of the player in a file of its own: whoever else traces this host's players, -e means ours.
own_player() {
	player=$dir/usdt-player
	cp "$sim_bin/usdt-player" "$player"
}

is_program() {
	[ "$(readlink "/proc/$1/exe")" = "$2" ]
}

# hold_player SCRIPT [OPTION…]: a player that is there and fires nothing until release_players; its
# pid is in $pid, what it prints in SCRIPT.out.
hold_player() {
	local script=$1
	shift
	"$player" "$@" - < <(until_true 1000 test -e "$dir/released" && cat "$script") \
		>"$script.out" &
	pid=$!
	until_true 500 is_program "$pid" "$player" || fail "no player"
}

release_players() {
	: >"$dir/released"
}

# start_report REPORT [ARG…]: in the background, its probes live on return; its pid is added to
# $reports, what it prints is in $dir/REPORT.out and $dir/REPORT.err.
start_report() {
	local name=$1
	rm -f "$dir/$name.err" # of an earlier one
	"$assay" "$@" >"$dir/$name.out" 2>"$dir/$name.err" &
	reports+=($!)
	until_true 500 grep -q "$name: .* sites of" "$dir/$name.err" ||
		fail "$name did not start: $(cat "$dir/$name.err")"
}
reports=()

# Ends all of start_report by Ctrl-C.
end_reports() {
	local report
	kill -INT "${reports[@]}"
	for report in "${reports[@]}"; do
		wait "$report" || fail "a report's status: $? ($(cat "$dir"/*.err))"
	done
	reports=()
}

# losses FILE: the sum of all that a run's JSON says was lost. A start that spilled is not, and what
# processes that ended left is among the unfinished.
losses() {
	json "$1" 'select(.event == "end").losses |
		.spilled_starts = 0 | .unfinished_of_ended_processes = 0 | add'
}

# loss FILE KEY…: how many of each kind
loss() {
	local file=$1
	shift
	json "$file" "select(.event == \"end\").losses | $(printf '.%s, ' "$@" | sed 's/, $//')"
}

# same FILE FILE WHAT: the same lines in any order; on a difference, the first few
same() {
	local lines
	lines=$(diff <(sort "$1") <(sort "$2") | grep '^[<>]' | head -5)
	[ -z "$lines" ] || fail "$3: < is seen, > is true: $lines"
}

# near_truth SEEN TRUE: lines "NAME JOB SUB NANOSECONDS" in two files, the same but for the last
# column, which may be 20 us off, in 1 of 20 lines more (this process was not running).
near_truth() {
	sort "$1" >"$dir/near.seen"
	sort "$2" >"$dir/near.true"
	same <(cut -d' ' -f1-3 "$dir/near.seen") <(cut -d' ' -f1-3 "$dir/near.true") "measured"
	paste -d' ' "$dir/near.seen" "$dir/near.true" | awk '
		{ d = $4 - $8; if (d < 0) d = -d; if (d <= 20000) near++ }
		END { printf "# %d of %d within 20 us\n", near, NR; exit !NR || near < 0.95 * NR }' ||
		fail "fewer than 95 % within 20 us"
}

# The truth file's intervals that match an extended regular expression, for near_truth.
truth() {
	awk -v re="$2" '$1 ~ re { print $1, $2, $3, $5 - $4 }' "$1"
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

# Some hosts' kernels run no BPF program while a thread of process 1 is the current one, as microVMs
# whose first process is the host's agent. Whatever a softirq does on top of that, mostly the end of
# a request, is never seen, and no count that BPF has tells so: not even recursion_misses. The
# kernel's own trace has it. A case that fails is run again if there it has requests of loop devices
# at such times, and only then; in suites that say so by watch_unseen before run_tests.
unseen=

watch_unseen() {
	local at=/sys/kernel/tracing/instances/assay_unseen_$$ event
	mkdir "$at" 2>/dev/null || return 0
	unseen=$at
	trap 'rmdir "$unseen"' EXIT
	echo 1 >"$unseen/options/event-fork" # threads to come are followed, too
	for event in "$unseen"/events/block/block_{rq_*,bio_complete}; do
		echo "dev >= $((7 << 20)) && dev < $((8 << 20))" >"$event/filter" &&
			echo 1 >"$event/enable"
	done
}

forget_unseen() {
	[ -n "$unseen" ] || return
	find /proc/1/task -mindepth 1 -maxdepth 1 -printf '%f ' >"$unseen/set_event_pid"
	: >"$unseen/trace"
}

# How many events no BPF program can have seen since.
count_unseen() {
	if [ -n "$unseen" ]; then
		grep -vc '^#' "$unseen/trace"
	else
		echo 0
	fi
}

# run_case NAME: in $dir, what it says goes to $dir/log
run_case() {
	(
		test_pid=$BASHPID
		trap stop_jobs EXIT
		"t_$1"
	) >"$dir/log" 2>&1
}

run_test() {
	local name=$1 try status n
	for try in 1 2 3 4 5; do
		dir=$(mktemp -d)
		forget_unseen
		run_case "$name"
		status=$?
		n=$(count_unseen)
		[[ $status -ne 0 && $n -gt 0 && $try -lt 5 ]] || break
		sed 's/^/# /' "$dir/log"
		echo "# try $try of $suite/$name: the kernel kept $n events from BPF"
		[ -n "${KEEP:-}" ] || rm -rf "$dir"
	done
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
