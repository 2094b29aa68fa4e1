#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Has a change to Crucible made it slower, and where? Runs the build before and the build after it
# in turn under the same load, and compares them stage by stage (assay ab). Needs root.
#
#   latency-check.sh --base DIR --new DIR [options] [-- OPTION...]
#   latency-check.sh --stand-in [options] [-- OPTION...]
#
#   --base DIR      folder with crutest and crucible-downstairs, before the change
#   --new DIR       the same after it
#   --stand-in      Assay's stand-in Crucible on both sides
#   --runs N        runs of each side (10)
#   --load 'LOAD'   crutest's workload and its options (generic -c 2000)
#   --region 'OPT'  options of crucible-downstairs create
#                   (--block-size 4096 --extent-size 1024 --extent-count 16)
#   --base-downstairs 'OPT'  more options of crucible-downstairs run, before the change
#   --new-downstairs 'OPT'   and after it
#   -o OUTDIR       folder for what comes of it (latency-check)
#   --assay FILE    the program (build/assay beside this script, else that in PATH)
#   -h, --help      this text
#
# What follows -- is for assay ab (assay help ab), such as --threshold 5 or --strict.
#
# Each run has three downstairs of its own, in fresh regions below $TMPDIR (/tmp) and on free ports
# of 127.0.0.1, which are stopped and removed at its end. What else runs of the same binaries in the
# meantime would be measured, too. In OUTDIR: result.json, junit.xml, summary.md, whose beginning is
# printed, too, and page.html (for a browser; needs no network). On GitHub's runners summary.md
# becomes the job's summary, and regressions are annotations.
#
# Status: 0 no regression; 1 regression; 2 wrong use; 3 it could not be measured.
set -u

me=$(readlink -f "$0")
here=${me%/*}
sides=(base new)
declare -A bin=([base]='' [new]='') more=([base]='' [new]='')
stand_in='' runs=10 load='generic -c 2000' out=latency-check assay=''
region='--block-size 4096 --extent-size 1024 --extent-count 16'
options=()
work='' pids=() crutest='' measuring=''

usage() {
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$me"
}

wrong_use() {
	echo "latency-check.sh: $*; --help for help" >&2
	exit 2
}

give_up() {
	echo "latency-check.sh: $*" >&2
	exit 3
}

parse_options() {
	local name
	while [ $# -gt 0 ]; do
		name=$1
		shift
		case $name in
		-h | --help) usage && exit 0 ;;
		--stand-in) stand_in=1 && continue ;;
		--) options=("$@") && break ;;
		--base | --new | --runs | --load | --region | --base-downstairs | --new-downstairs | -o | --assay)
			[ $# -gt 0 ] || wrong_use "$name: a value is missing"
			;;
		*) wrong_use "$name: no such option" ;;
		esac
		case $name in
		--base | --new) bin[${name#--}]=$1 ;;
		--runs) runs=$1 ;;
		--load) load=$1 ;;
		--region) region=$1 ;;
		--base-downstairs) more[base]=$1 ;;
		--new-downstairs) more[new]=$1 ;;
		-o) out=$1 ;;
		--assay) assay=$1 ;;
		esac
		shift
	done
	[[ $runs =~ ^[1-9][0-9]{0,3}$ ]] || wrong_use "--runs $runs: not a number of runs"
	[ -n "${load// /}" ] || wrong_use "--load: a workload is missing"
	if [ -n "$stand_in" ]; then
		[ -z "${bin[base]}${bin[new]}" ] || wrong_use "--stand-in: not with --base or --new"
	elif [ -z "${bin[base]}" ] || [ -z "${bin[new]}" ]; then
		wrong_use "--base and --new: both are needed, or --stand-in"
	fi
}

# --- a run of one side: what assay ab measures ---

# Is there a listener on this TCP port, on whatever address?
listening() {
	local hex
	printf -v hex '%04X' "$1"
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ":$hex [0-9A-F]*:0000 0A"
}

# A port on which nobody listens, nor on that of its repairs, into $port. Not one that is given to
# outgoing connections.
choose_port() {
	for _ in {1..200}; do
		port=$((10240 + RANDOM % 16384))
		[[ " ${ports[*]} " == *" $port "* ]] || listening $port || listening $((port + 4000)) ||
			return 0
	done
	give_up "find a free port from 10240 on: none of 200 tried is"
}

# start_one I: a downstairs on its region. Who else came first to the port is given another try.
start_one() {
	local dir=$work/region-$1 log=$work/downstairs-$1.log
	for _ in {1..5}; do
		choose_port
		"$side_bin/crucible-downstairs" run -a 127.0.0.1 -p "$port" -d "$dir" \
			"${side_more[@]//%I/$1}" >>"$log" 2>&1 </dev/null &
		pids[$1]=$!
		for _ in {1..500}; do
			kill -0 "${pids[$1]}" 2>/dev/null || break
			if listening "$port"; then
				ports[$1]=$port
				return
			fi
			sleep 0.02
		done
		stop_child "${pids[$1]}"
		pids[$1]=''
	done
	tail -n 5 "$log" >&2
	give_up "start downstairs $1 of $side_bin: it ends, or does not listen"
}

stop_child() {
	local pid=$1
	kill "$pid" 2>/dev/null
	for _ in {1..250}; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.02
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# However this ends, nothing of it stays.
# shellcheck disable=SC2317 # called by trap
clean_run() {
	local pid
	trap '' INT TERM HUP
	for pid in $crutest "${pids[@]}"; do
		stop_child "$pid"
	done
	rm -rf "$work"
}

# run_side: by the main script's environment
run_side() {
	local ports=() port i args=() side_more side_load side_region status
	local side_bin=$CHECK_BUILD
	read -ra side_more <<<"$CHECK_MORE"
	read -ra side_load <<<"$CHECK_LOAD"
	read -ra side_region <<<"$CHECK_REGION"
	trap clean_run EXIT
	trap 'exit 130' INT TERM HUP
	work=$(mktemp -d "$CHECK_DIR/run-XXXXXX") || give_up "make a folder for the regions"
	for i in 0 1 2; do
		"$side_bin/crucible-downstairs" create -d "$work/region-$i" \
			-u "$(</proc/sys/kernel/random/uuid)" "${side_region[@]}" \
			>"$work/create.log" 2>&1 </dev/null || {
			tail -n 5 "$work/create.log" >&2
			give_up "create a region with $side_bin/crucible-downstairs"
		}
		start_one $i
		args+=(-t "127.0.0.1:$port")
	done
	"$side_bin/crutest" "${side_load[@]}" "${args[@]}" -g 1 -q --quiet \
		>"$work/crutest.log" 2>&1 </dev/null &
	crutest=$!
	wait "$crutest"
	status=$?
	crutest=
	for i in 0 1 2; do
		kill -0 "${pids[$i]}" 2>/dev/null || {
			tail -n 5 "$work/downstairs-$i.log" >&2
			give_up "downstairs $i of $side_bin ended during the load"
		}
	done
	[ "$status" -eq 0 ] || {
		tail -n 5 "$work/crutest.log" >&2
		give_up "crutest $CHECK_LOAD of $side_bin: status $status"
	}
	exit 0
}

# --- the comparison ---

find_assay() {
	if [ -z "$assay" ]; then
		assay=$here/../build/assay
		[ -x "$assay" ] || assay=$(command -v assay) ||
			give_up "there is no build/assay, and none in PATH: make it first"
	fi
	[ -x "$assay" ] || wrong_use "--assay $assay: no such program"
	assay=$(readlink -f "$assay")
}

find_binaries() {
	local side name
	if [ -n "$stand_in" ]; then
		bin[base]=${assay%/*}/sim
		bin[new]=${bin[base]}
	fi
	for side in "${sides[@]}"; do
		for name in crutest crucible-downstairs; do
			[ -x "${bin[$side]}/$name" ] ||
				wrong_use "there is no $name in ${bin[$side]}${stand_in:+ (make sim makes it)}"
		done
		bin[$side]=$(readlink -f "${bin[$side]}")
	done
}

# command_of SIDE: as the shell takes it
command_of() {
	printf '%s' "CHECK_BUILD=$(quoted "${bin[$1]}") CHECK_MORE=$(quoted "${more[$1]}") " \
		"exec $(quoted "$me") run-side"
}

quoted() {
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

# However this ends, nothing of it stays. assay ends what it runs.
# shellcheck disable=SC2317 # called by trap
clean_up() {
	trap '' INT TERM HUP
	if [ -n "$measuring" ]; then
		kill -TERM "$measuring" 2>/dev/null
		wait "$measuring" 2>/dev/null
	fi
	[ -z "$work" ] || rm -rf "$work"
}

# A signal ends the measuring, not what is made of it: assay is waited for in any case.
# shellcheck disable=SC2317 # called by trap
stop_measuring() {
	[ -n "$measuring" ] || exit 130
	kill -TERM "$measuring" 2>/dev/null
}

compare() {
	local side args=() status
	work=$(mktemp -d) || give_up "make a folder for the regions"
	export CHECK_DIR=$work CHECK_LOAD=$load CHECK_REGION=$region
	for side in "${sides[@]}"; do
		args+=(-e "${bin[$side]}/crutest" -e "${bin[$side]}/crucible-downstairs")
	done
	[ -z "${GITHUB_ACTIONS:-}" ] || args+=(--annotate github)
	"$assay" ab --runs "$runs" --a "$(command_of base)" --b "$(command_of new)" -Z "${args[@]}" \
		--junit "$out/junit.xml" --markdown "$out/summary.md" --html "$out/page.html" \
		-j "${options[@]}" >"$out/result.json" &
	measuring=$!
	# a signal ends a wait early; the status is kept for the last one
	while kill -0 "$measuring" 2>/dev/null; do
		wait "$measuring"
	done
	wait "$measuring"
	status=$?
	measuring=
	return $status
}

main() {
	local status
	parse_options "$@"
	[ "$(id -u)" -eq 0 ] || give_up "tracing needs root; run it with sudo"
	find_assay
	find_binaries
	mkdir -p "$out" || give_up "make the folder $out"
	rm -f "$out"/{result.json,junit.xml,summary.md,page.html}
	trap clean_up EXIT
	trap stop_measuring INT TERM HUP
	compare
	status=$?
	[ -s "$out/result.json" ] || rm -f "$out/result.json"
	if [ -s "$out/summary.md" ]; then
		# the verdict, and the stages to look at
		sed '/^<details>/,$d' "$out/summary.md" | head -n 24
		echo "All of it: $out/page.html"
		[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"
	fi
	exit $status
}

if [ "${1:-}" = run-side ]; then
	run_side
else
	main "$@"
fi
