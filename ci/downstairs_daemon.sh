#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs three of Crucible's downstairs and starts each again when it is killed. On Enter it begins to
# kill them at random itself: what runs on them meanwhile has to cope.
#
#   downstairs_daemon.sh [options] [-- OPTION...]   what follows -- is for crucible-downstairs run
#
#   -b DIR      folder with crucible-downstairs (target/debug)
#   -r          the one in target/release
#   -B          cargo build first
#   -d DIR      folder with a region per port, named by it (var: var/3801, ...)
#   -p PORTS    their ports, apart by commas (3801,3802,3803); PORT + 4000, for repairs, is used too
#   -a ADDR     the address they listen on (127.0.0.1)
#   -c          create missing regions
#   -x OPTIONS  for these (--extent-count 5 --extent-size 10)
#   -s DIR      folder for logs and the files below (/tmp/ds_test); former logs there are removed
#   -n          begin the kills without waiting for Enter
#   -u          create the file up at the start: only restarts, until it is removed
#   -k SECS     between two kills, at most (5)
#   -l SECS     and at least (0)
#   -w SECS     from a death to the restart (1)
#   -t SECS     stop after so long (never)
#   -h          this text
#
# Created by anyone at any time: DIR/up: no kills while it is there. DIR/pause: all downstairs are
# down while it is there. DIR/stop: the end. All three are removed at the end.
#
# A downstairs that ends by anything but SIGTERM stops everything: status 1, and its logs say why.
# Stopped by the file, -t, Ctrl-C or a signal: status 0. Wrong use: 2.
set -u

me=$(readlink -f "$0")
bin=target/debug profile=() build='' regions=var address=127.0.0.1 state=/tmp/ds_test
ports=(3801 3802 3803)
create='' create_options=(--extent-count 5 --extent-size 10) run_options=()
enter=1 up='' kill_most=5 kill_least=0 restart_wait=1 duration=0

# What is run: pids[I] is empty while a downstairs is down, due[I] when to start it again.
pids=() due=()
asked='' bad='' claimed='' phase=starting begun=0 kill_at=0

say() {
	printf '%s\n' "$*" 2>/dev/null
}

say_date() {
	printf '%(%a %b %e %H:%M:%S %Z %Y)T %s\n' -1 "$*" 2>/dev/null
}

refuse() {
	printf '%s\n' "$@" >&2
	exit 1
}

wrong_use() {
	echo "downstairs_daemon.sh: $*; -h for help" >&2
	exit 2
}

usage() {
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$me"
}

# Milliseconds.
set_now() {
	local us=${EPOCHREALTIME/[!0-9]/}
	now=$((us / 1000))
}

# seconds NAME TEXT: whole seconds
seconds() {
	[[ $2 =~ ^[0-9]{1,6}$ ]] || wrong_use "$1 $2: not a number of seconds"
	seconds=$((10#$2))
}

parse_ports() {
	local port
	IFS=', ' read -ra ports <<<"$1"
	[ ${#ports[@]} -gt 0 ] || wrong_use "-p: no port"
	for port in "${ports[@]}"; do
		if [[ ! $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 61535 ]; then
			wrong_use "-p $port: not a port from 1 to 61535"
		fi
	done
	[ "$(printf '%s\n' "${ports[@]}" | sort -u | wc -l)" -eq ${#ports[@]} ] ||
		wrong_use "-p $1: a port twice"
}

parse_options() {
	local option seconds
	while getopts :b:rBd:p:a:cx:s:nuk:l:w:t:h option; do
		case $option in
		b) bin=$OPTARG ;;
		r) bin=target/release profile=(--release) ;;
		B) build=1 ;;
		d) regions=$OPTARG ;;
		p) parse_ports "$OPTARG" ;;
		a) address=$OPTARG ;;
		c) create=1 ;;
		x) read -ra create_options <<<"$OPTARG" ;;
		s) state=$OPTARG ;;
		n) enter='' ;;
		u) up=1 ;;
		k) seconds -k "$OPTARG" && kill_most=$seconds ;;
		l) seconds -l "$OPTARG" && kill_least=$seconds ;;
		w) seconds -w "$OPTARG" && restart_wait=$seconds ;;
		t) seconds -t "$OPTARG" && duration=$seconds ;;
		h) usage && exit 0 ;;
		:) wrong_use "-$OPTARG: a value is missing" ;;
		*) wrong_use "-$OPTARG: no such option" ;;
		esac
	done
	[ "$kill_least" -le "$kill_most" ] || wrong_use "-l $kill_least: more than -k $kill_most"
	[ $# -lt "$OPTIND" ] || [ "${*:OPTIND-1:1}" = -- ] ||
		wrong_use "${*:OPTIND:1}: no such argument"
	shift $((OPTIND - 1))
	run_options=("$@")
}

# Is there a listener on this TCP port, on whatever address?
listening() {
	local hex sockets
	printf -v hex '%04X' "$1"
	sockets=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
	[[ $sockets =~ :$hex\ [0-9A-F]+:0000\ 0A ]]
}

# The command line of a process.
arguments() {
	tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline"
}

# The pid of a downstairs that runs on this region (an absolute path).
region_user() {
	local pid arg args
	for pid in $(pgrep -x crucible-downst); do
		mapfile -d '' args 2>/dev/null <"/proc/$pid/cmdline" || continue
		for arg in "${args[@]}"; do
			(cd "/proc/$pid/cwd" 2>/dev/null; [ "$arg" -ef "$1" ]) || continue
			echo "$pid"
			return
		done
	done
	return 1
}

check_free() {
	local port pid asks="Some downstairs already running?"
	for port in "${ports[@]}"; do
		if listening "$port" || listening $((port + 4000)); then
			refuse "$asks" "Port $port or $((port + 4000)) is in use"
		fi
		if pid=$(region_user "$(readlink -m "$regions/$port")"); then
			refuse "$asks" "$regions/$port is that of pid $pid"
		fi
	done
}

check_regions() {
	local port missing=() where
	for port in "${ports[@]}"; do
		[ -e "$regions/$port/region.json" ] || missing+=("$port")
	done
	where=${missing[*]/#/$regions/}
	if [ ${#missing[@]} -eq 0 ] || [ -n "$create" ]; then
		return
	fi
	[ "$regions ${ports[*]}" != "var 3801 3802 3803" ] || where='var/380*'
	refuse "Missing $where directories" \
		"This test requires you to have created a region at $where" \
		"-c creates those that are missing"
}

# Every instance leaves its pid first and looks for others then: of two at a time, none or one runs.
claim_state() {
	local file pid
	if [ -L "$state" ] || ! mkdir -p "$state" || [ ! -O "$state" ]; then
		refuse "$state: not a folder of yours; -s takes another"
	fi
	state=$(readlink -f "$state")
	claimed=$state/pid.$$
	: >"$claimed" || refuse "$state: can't write there"
	for file in "$state"/pid.[0-9]*; do
		pid=${file##*.}
		[ "$pid" != $$ ] || continue
		if [[ $(arguments "$pid") == *"${me##*/}"* ]]; then
			refuse "Some downstairs already running?" "$state is that of pid $pid"
		fi
		rm -f "$file"
	done
	rm -f "$state"/{up,pause,stop} "$state"/{create,downstairs-{out,err}}-*.txt
}

create_regions() {
	local port log
	mkdir -p "$regions" || exit 1
	for port in "${ports[@]}"; do
		[ ! -e "$regions/$port/region.json" ] || continue
		log=$state/create-$port.txt
		"$bin/crucible-downstairs" create -d "$regions/$port" \
			-u "$(printf 'd5000000-0000-4000-8000-%012d' "$port")" \
			"${create_options[@]}" >"$log" 2>&1 </dev/null ||
			refuse "Creating region $regions/$port failed with $?, see $log"
	done
}

prepare() {
	if [ -n "$build" ]; then
		cargo build "${profile[@]}" || refuse "Initial Build failed, no tests ran"
	fi
	if [ ! -f "$bin/crucible-downstairs" ] || [ ! -x "$bin/crucible-downstairs" ]; then
		refuse "Can't find crucible binary at $bin/crucible-downstairs"
	fi
	check_free
	check_regions
	claim_state
	create_regions
	[ -z "$up" ] || : >"$state/up"
}

start_one() {
	local port=${ports[$1]} logs=$state/downstairs
	"$bin/crucible-downstairs" run -a "$address" -p "$port" -d "$regions/$port" \
		"${run_options[@]}" >>"$logs-out-$port.txt" 2>>"$logs-err-$port.txt" </dev/null &
	pids[$1]=$!
}

# send SIGNAL PID: fails when it is gone. Between fork and exec it is still this script, whose traps
# it would run: the next round will do.
send() {
	[ "$(arguments "$2")" = "$(arguments $$)" ] || kill "-$1" "$2" 2>/dev/null
}

# ended I: downstairs I is gone
ended() {
	local port=${ports[$1]} pid=${pids[$1]} status
	wait "$pid" 2>/dev/null
	status=$?
	pids[$1]='' due[$1]=$((now + 1000 * restart_wait))
	# the terminal's signals (HUP, INT, QUIT) reach them as well as us
	if [ $status -eq 143 ] || { [ -n "$asked" ] && [[ $status =~ ^1(29|30|31)$ ]]; }; then
		say_date "Downstairs $port ended"
	else
		say "Downstairs $port had bad exit $status"
		say "$pid is gone, check $state for errors"
		bad=1
	fi
}

# Sees to downstairs I, be it up or down.
keep_one() {
	local port=${ports[$1]}
	if [ -z "${pids[$1]}" ]; then
		[ "$now" -ge "${due[$1]}" ] && [ ! -e "$state/pause" ] || return 0
		say_date "Restarting downstairs $port"
		start_one "$1"
	elif ! kill -0 "${pids[$1]}" 2>/dev/null; then
		ended "$1"
	elif [ -e "$state/pause" ]; then
		send TERM "${pids[$1]}"
	fi
}

set_kill_at() {
	local span=$((1000 * (kill_most - kill_least) + 1))
	kill_at=$((now + 1000 * kill_least + (RANDOM * 32768 + RANDOM) % span))
}

kill_one() {
	local pid running=()
	for pid in "${pids[@]}"; do
		[ -z "$pid" ] || running+=("$pid")
	done
	[ ${#running[@]} -eq 0 ] || send TERM "${running[RANDOM % ${#running[@]}]}"
}

begin_kills() {
	phase=killing
	say "Kill and restart loop for the downstairs"
	set_kill_at
}

# What comes after the starts, one after another; each step takes a fifth of a second or less.
step() {
	case $phase in
	starting)
		sleep 0.2
		[ $((now - begun)) -ge 1000 ] || return
		say "Downstairs started, give you a chance to start the test"
		phase=waiting
		if [ -n "$enter" ]; then
			say "Press return to begin the random restart of downstairs"
		else
			begin_kills
		fi
		;;
	waiting)
		read -rt 0.2 _
		# above 128: not yet; nobody there to press it is as good as Enter
		[ $? -gt 128 ] || begin_kills
		;;
	killing)
		sleep 0.2
		if [ -e "$state/up" ] || [ -e "$state/pause" ]; then
			set_kill_at
		elif [ "$now" -ge "$kill_at" ]; then
			kill_one
			set_kill_at
		fi
		;;
	esac
}

run() {
	local i
	set_now
	begun=$now
	[ -z "$asked" ] || return
	for i in "${!ports[@]}"; do
		say_date "Starting downstairs ${ports[$i]}"
		start_one "$i"
	done
	while [ -z "$asked$bad" ] && [ ! -e "$state/stop" ]; do
		[ "$duration" -eq 0 ] || [ $((now - begun)) -lt $((1000 * duration)) ] || break
		step 2>/dev/null # the shell tells here of a child that was killed
		set_now
		for i in "${!ports[@]}"; do
			keep_one "$i"
		done
	done
}

# SIGTERM to all, again and again, in the end SIGKILL; reaps them.
stop_all() {
	local i pid signal=TERM until
	set_now
	until=$((now + 5000))
	while [[ ${pids[*]} == *[0-9]* ]]; do
		[ "$now" -lt "$until" ] || signal=KILL
		for i in "${!pids[@]}"; do
			pid=${pids[$i]}
			[ -n "$pid" ] || continue
			send $signal "$pid" || ended "$i"
		done
		sleep 0.1 2>/dev/null
		set_now
	done
}

finish() {
	local port
	trap '' INT TERM HUP QUIT PIPE
	[ -z "$asked" ] || say "Stopping at your request"
	: >"$state/stop"
	[ $phase != killing ] || say "exit downstairs restarter"
	say "Stopping loop"
	say "Downstairs should all now stop for good"
	stop_all
	rm -f "$state"/{up,pause,stop}
	if [ -n "$bad" ]; then
		say "The logs are $state/downstairs-{out,err}-*.txt"
		exit 1
	fi
	for port in "${ports[@]}"; do
		say_date "downstairs $port exit on request"
	done
	exit 0
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
prepare
run
finish
