#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A quick test of a Crucible build: three downstairs in fresh regions, crutest's tests on them one
# after another, and a check that what one run wrote is what the next one reads. In a minute or so.
#
#   test_up.sh [options] [encrypted|unencrypted]    (unencrypted)
#
#   -b DIR      folder with crucible-downstairs and crutest (target/debug)
#   -r          those in target/release
#   -B          cargo build first
#   -p PORTS    the downstairs' ports, apart by commas (3801,3802,3803)
#   -s DIR      folder for regions and logs, emptied first (/tmp/test_up-USER)
#   -T TESTS    only these of crutest's tests, and verify, apart by commas
#   -t SECS     at most so long for a test (120)
#   -h          this text
#
# A test that fails is counted and the next one runs; one that this crutest does not have is left
# out and named. Status 0: all passed. 1: not; the logs stay, DIR/test_up_fail.txt is the summary.
# 2: wrong use. Uses downstairs_daemon.sh beside it; needs neither dsc nor hammer.
set -u

me=$(readlink -f "$0")
bin=target/debug profile=() build='' ports=(3801 3802 3803) state=/tmp/test_up-$(id -un) limit=120
tests=(one span big dep rand generic balloon deactivate fill verify)
create_options="--extent-count 5 --extent-size 10" key=() targets=()

asked='' claimed='' daemon='' job='' generation=1 ran=0 failed=0 help='' offered=''

say() {
	printf '%s\n' "$*" 2>/dev/null
}

refuse() {
	printf '%s\n' "$@" >&2
	exit 1
}

wrong_use() {
	echo "test_up.sh: $*; -h for help" >&2
	exit 2
}

usage() {
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$me"
}

parse_options() {
	local option
	while getopts :b:rBp:s:T:t:h option; do
		case $option in
		b) bin=$OPTARG ;;
		r) bin=target/release profile=(--release) ;;
		B) build=1 ;;
		p) IFS=', ' read -ra ports <<<"$OPTARG" ;;
		s) state=$OPTARG ;;
		T) IFS=', ' read -ra tests <<<"$OPTARG" ;;
		t) limit=$OPTARG ;;
		h) usage && exit 0 ;;
		:) wrong_use "-$OPTARG: a value is missing" ;;
		*) wrong_use "-$OPTARG: no such option" ;;
		esac
	done
	shift $((OPTIND - 1))
	[[ "${ports[*]} " =~ ^([1-9][0-9]{0,4}\ ){3}$ ]] || wrong_use "-p: not three ports"
	[[ $limit =~ ^[1-9][0-9]{0,5}$ ]] || wrong_use "-t $limit: not a number of seconds"
	[ $# -le 1 ] || wrong_use "$2: one argument at most"
	case ${1:-unencrypted} in
	encrypted)
		key=(--key "$(head -c 32 /dev/urandom | base64)")
		create_options+=" --encrypted"
		;;
	unencrypted) ;;
	*) wrong_use "$1: neither encrypted nor unencrypted" ;;
	esac
}

find_binaries() {
	local name
	if [ -n "$build" ]; then
		cargo build "${profile[@]}" || refuse "Initial Build failed, no tests ran"
	fi
	for name in crucible-downstairs crutest; do
		if [ ! -f "$bin/$name" ] || [ ! -x "$bin/$name" ]; then
			refuse "Can't find crucible binary at $bin/$name"
		fi
	done
	say "Binaries of $(readlink -f "$bin")"
}

# The tests that crutest's help names: a line each below "Commands:" or, apart by commas and with
# remarks in brackets, the paragraph "WORKLOAD:".
find_tests() {
	local line part='' text=''
	help=$("$bin/crutest" --help 2>&1 </dev/null)
	while IFS= read -r line; do
		case $line in
		Commands:*) part=commands ;;
		WORKLOAD:*) part=workloads line=${line#*:} ;;
		'') part='' ;;
		esac
		if [ "$part" = workloads ]; then
			text+=" $line"
		elif [ -n "$part" ] && [[ $line =~ ^\ \ ([a-z][a-z0-9-]*)(\ |$) ]]; then
			text+=" ${BASH_REMATCH[1]}"
		fi
	done <<<"$help"
	shopt -s extglob
	text=${text//'('*([!)])')'/ }
	offered=" ${text//[!a-z0-9-]/ } "
}

# offers TEST: does this crutest have it?
offers() {
	case $1 in
	verify) [[ $help == *--verify-out* ]] && [ -n "$(verify_test)" ] ;;
	*) [[ $offered == *" $1 "* ]] ;;
	esac
}

# The test whose writes are verified.
verify_test() {
	if offers rand; then
		echo rand
	elif offers generic; then
		echo generic
	fi
}

# Is there a listener on this TCP port, on whatever address?
listening() {
	local hex sockets
	printf -v hex '%04X' "$1"
	sockets=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
	[[ $sockets =~ :$hex\ [0-9A-F]+:0000\ 0A ]]
}

all_listening() {
	local port
	for port in "${ports[@]}"; do
		listening "$port" || return
	done
}

check_ports() {
	local port
	for port in "${ports[@]}"; do
		! listening "$port" || refuse "Downstairs already running?" "Port $port is in use"
	done
}

# The command line of a process.
arguments() {
	tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline"
}

# Every instance leaves its pid first and looks for others then: of two at a time, none or one runs.
claim_state() {
	local file pid
	if [ -L "$state" ] || ! mkdir -p "$state" || [ ! -O "$state" ]; then
		refuse "$state: not a folder of yours; -s takes another"
	fi
	state=$(readlink -f "$state")
	# all in it will be removed: only if it is our own
	if [ ! -e "$state/test_up_out.txt" ] && [ -n "$(ls -A "$state")" ]; then
		refuse "$state: neither empty nor of a former run; -s takes another"
	fi
	touch "$state/test_up_out.txt" || exit 1
	claimed=$state/pid.$$
	: >"$claimed"
	for file in "$state"/pid.[0-9]*; do
		pid=${file##*.}
		[ "$pid" != $$ ] || continue
		if [[ $(arguments "$pid") == *"${me##*/}"* ]]; then
			refuse "Downstairs already running?" "$state is that of pid $pid"
		fi
		rm -f "$file"
	done
	rm -rf "$state"/{regions,ds_test,verify.json,downstairs_daemon.txt,test_up_fail.txt}
	: >"$state/test_up_out.txt"
}

# Ends the run for a reason outside of the tests.
give_up() {
	stop_all
	[ -z "$asked" ] || refuse "Stopping at your request" "The logs are in $state"
	printf '%s\n' "$*" >&2
	tail -n 5 "$state/downstairs_daemon.txt" >&2
	refuse "The logs are in $state"
}

keep_on() {
	[ -z "$asked" ] && kill -0 "$daemon" 2>/dev/null
}

# until_true SECS WHAT COMMAND...: while the downstairs run
until_true() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		keep_on || give_up "$what failed"
		[ $SECONDS -lt $end ] || give_up "$what takes too long"
		sleep 0.1
	done
}

# Regions and all, by the daemon that also sees to it that they run; -u, so that it kills none.
start_downstairs() {
	local port log=$state/downstairs_daemon.txt
	say "Creating ${#ports[@]} downstairs regions"
	: >"$log"
	"${me%/*}/downstairs_daemon.sh" -n -u -b "$bin" -p "${ports[*]}" -s "$state/ds_test" \
		-c -x "$create_options" -d "$state/regions" >"$log" 2>&1 </dev/null &
	daemon=$!
	until_true 30 "Creating the regions" grep -q "Starting downstairs" "$log"
	say "Starting ${#ports[@]} downstairs"
	until_true 30 "Starting the downstairs" all_listening
	for port in "${ports[@]}"; do
		targets+=(-t "127.0.0.1:$port")
	done
}

# Ends a child of ours and reaps it. Between fork and exec it is still this script, whose traps it
# would run: it gets the signal the next time round.
stop_child() {
	while [ "$(arguments "$1")" = "$(arguments $$)" ] || kill "$1"; do
		sleep 0.1
	done 2>/dev/null
	wait "$1" 2>/dev/null
}

# Its status is that of the downstairs: 1 if one ended badly.
stop_all() {
	local status=0
	[ -z "$job" ] || stop_child "$job"
	job=''
	[ -z "$daemon" ] || stop_child "$daemon" || status=$?
	daemon=''
	return $status
}

# crutest TEST [OPTION...]: its status; 1 when it was stopped, or a downstairs is gone
crutest() {
	local status
	timeout -k 5 "$limit" "$bin/crutest" "$@" "${targets[@]}" -g "$generation" "${key[@]}" -q \
		--quiet >>"$state/test_up_out.txt" 2>&1 </dev/null &
	job=$!
	# the next run needs a higher one; some tests raise it a few times themselves
	generation=$((generation + 100))
	while kill -0 "$job" 2>/dev/null; do
		keep_on || return 1
		sleep 0.1
	done 2>/dev/null # the shell tells here of a child that was killed
	wait "$job"
	status=$?
	job=''
	[ $status -ne 124 ] || say "No end of crutest $1 within $limit s"
	return $status
}

verify() {
	local file=$state/verify.json test at_start=()
	test=$(verify_test)
	[[ $help != *--verify-at-start* ]] || at_start=(--verify-at-start)
	crutest "$test" --verify-out "$file" && crutest "$test" --verify-in "$file" "${at_start[@]}"
}

run_test() {
	say "Running test: $1"
	printf '\n== %s\n' "$1" >>"$state/test_up_out.txt"
	ran=$((ran + 1))
	if [ "$1" = verify ] && verify; then
		say "Verify test passed"
	elif [ "$1" != verify ] && crutest "$1"; then
		say "Completed test: $1"
	elif [ -z "$asked" ]; then
		fail_test "Failed crutest $1 test"
	fi
}

fail_test() {
	failed=$((failed + 1))
	say "$1"
	echo "$1" >>"$state/test_up_fail.txt"
}

run_tests() {
	local test
	for test in "${tests[@]}"; do
		if ! offers "$test"; then
			say "Skipped test: $test, which this crutest does not have"
			continue
		fi
		run_test "$test"
		keep_on || break
	done
	[ -z "$asked" ] || give_up
	[ $ran -gt 0 ] || fail_test "No test was run"
}

finish() {
	say "Tests have completed, stopping all downstairs"
	stop_all || fail_test "$(grep 'bad exit' "$state/downstairs_daemon.txt")"
	[ -z "$asked" ] || give_up
	if [ $failed -eq 0 ]; then
		say "All Tests have passed"
	else
		say "$failed Tests have failed"
		cat "$state/test_up_fail.txt"
		say "The logs are in $state: test_up_out.txt of crutest, ds_test of the downstairs"
	fi
	printf '%d:%02d Test duration\n' $((SECONDS / 60)) $((SECONDS % 60))
	[ $failed -eq 0 ]
}

# However this ends, nothing of it stays. A signal can bring a child here that was just forked.
# shellcheck disable=SC2317 # called by trap
clean_up() {
	[ "$BASHPID" = $$ ] || return
	stop_all
	[ -z "$claimed" ] || rm -f "$claimed"
}

parse_options "$@"
trap clean_up EXIT
trap 'asked=1' INT TERM HUP QUIT PIPE
find_binaries
find_tests
check_ports
claim_state
start_downstairs
run_tests
finish
