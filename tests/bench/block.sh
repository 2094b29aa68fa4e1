#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What blk-latency costs a block I/O, side by side with biolatency of the libbpf-tools and of
# bpftrace: the time that the kernel says each one's BPF programs ran, by turns in one run, under
# direct reads of 4 KiB from a loop device on a file in memory.
#   block.sh BUILD [JSON]
# BLOCK_ROUNDS  turns (5)         BLOCK_PASSES  times that a turn reads the device (3)
# Status 1: blk-latency is above the cheapest of the others.
set -u

build=${1:?usage: block.sh BUILD [JSON]}
json=${2:-}
rounds=${BLOCK_ROUNDS:-5}
passes=${BLOCK_PASSES:-3}
mib=64
reads=$((passes * mib * 256)) # of a turn
stats=/proc/sys/kernel/bpf_stats_enabled
tracing=/sys/kernel/tracing

skip() {
	echo "block: skipped: $*"
	[ -z "$json" ] || printf '{"skipped": "%s"}\n' "$*" >"$json"
	exit 0
}

fail() {
	echo "block: $*" >&2
	exit 2
}

[ -w "$stats" ] || skip "the kernel does not tell how long BPF programs run (bpf_stats_enabled)"
[ -d /dev/shm ] || skip "no /dev/shm for a file in memory"

dir=$(mktemp -d) || fail "make a folder"
file=$(mktemp -p /dev/shm) || fail "make a file in memory"
loop='' tool=''
were=$(<"$stats")
cleanup() {
	[ -z "$tool" ] || kill "$tool" 2>/dev/null
	[ -z "$loop" ] || losetup -d "$loop"
	echo "$were" >"$stats"
	rm -rf "$dir" "$file"
}
trap cleanup EXIT
trap 'exit 2' INT TERM
dd if=/dev/zero of="$file" bs=1M count=$mib status=none || fail "fill a file in memory"
loop=$(losetup -f --show "$file") || skip "no loop device"
echo 1 >"$stats"

# biolatency.bt is on kprobes. Where they can't be had, or its functions are no more, it is on
# tracepoints, as later versions of it are.
bt=$(command -v biolatency.bt || echo /usr/sbin/biolatency.bt)
if ! [ -e $tracing/kprobe_events ] || ! [ -r "$bt" ] ||
	! grep -qE '^(__)?blk_account_io_start( |$)' $tracing/available_filter_functions; then
	bt=$dir/biolatency.bt
	cat >"$bt" <<-'EOF'
		tracepoint:block:block_rq_issue { @start[args->dev, args->sector] = nsecs; }
		tracepoint:block:block_rq_complete /@start[args->dev, args->sector]/ {
			@usecs = hist((nsecs - @start[args->dev, args->sector]) / 1000);
			delete(@start[args->dev, args->sector]);
		}
		END { clear(@start); }
	EOF
fi

# What there is to compare, and how it is run.
tools=(blk-latency)
command -v bpftrace >/dev/null && tools+=(bpftrace) || echo "block: no bpftrace to compare with"
command -v /usr/sbin/biolatency >/dev/null && tools+=(biolatency) ||
	echo "block: no libbpf-tools to compare with"
[ ${#tools[@]} -gt 1 ] || skip "neither bpftrace nor libbpf-tools"

start() {
	case $1 in
	blk-latency) exec "$build/assay" blk-latency ;;
	bpftrace) exec bpftrace "$bt" ;;
	biolatency) exec /usr/sbin/biolatency 1000 1 ;;
	esac
}

# The sum of a line of what the kernel says of a process's BPF programs.
programs() {
	cat "/proc/$1/fdinfo/"* 2>/dev/null | awk -v key="$2:" '$1 == key { n += $2 } END { print n + 0 }'
}

# At least two programs that run: they are attached.
attached() {
	local pid=$1 try
	for ((try = 0; try < 500; try++)); do
		dd if="$loop" of=/dev/null bs=4096 count=1 iflag=direct status=none
		[ "$(programs "$pid" run_cnt)" -ge 2 ] && return
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# The load; its IOPS go to $iops.
load() {
	local pass from to
	from=${EPOCHREALTIME/[.,]/}
	for ((pass = 0; pass < passes; pass++)); do
		dd if="$loop" of=/dev/null bs=4096 iflag=direct status=none || fail "read $loop"
	done
	to=${EPOCHREALTIME/[.,]/}
	iops=$((reads * 1000000 / (to - from)))
}

# A turn of a tool: what its programs ran for each read, in ns, goes to $ns.
turn() {
	local time runs
	start "$1" >"$dir/out" 2>"$dir/err" &
	tool=$!
	attached "$tool" || fail "$1 does not run: $(tail -n 1 "$dir/err")"
	time=$(programs "$tool" run_time_ns)
	runs=$(programs "$tool" run_cnt)
	load
	time=$(($(programs "$tool" run_time_ns) - time))
	runs=$(($(programs "$tool" run_cnt) - runs))
	kill -INT "$tool"
	wait "$tool" 2>/dev/null
	tool=
	# some may be lost where they interrupt one another
	[ $runs -ge $((2 * reads * 999 / 1000)) ] ||
		fail "$1 has not seen all: $runs events of $reads reads"
	ns=$((time / reads))
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print int((v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2) }'
}

load # the first warms up
for ((round = 0; round < rounds; round++)); do
	load
	echo "$iops" >>"$dir/none.iops"
	for name in "${tools[@]}"; do
		turn "$name"
		echo "$ns" >>"$dir/$name.ns"
		echo "$iops" >>"$dir/$name.iops"
	done
done

cheapest=
for name in "${tools[@]:1}"; do
	ns=$(median "$dir/$name.ns")
	[ -n "$cheapest" ] && [ "$cheapest" -le "$ns" ] || cheapest=$ns
done
printf '%-12s %8s %8s %9s %8s\n' tool ns/IO ratio IOPS budget
printf '%-12s %8s %8s %9s\n' none - - "$(median "$dir/none.iops")"
rows=()
for name in "${tools[@]}"; do
	ns=$(median "$dir/$name.ns")
	iops=$(median "$dir/$name.iops")
	ratio=$(awk "BEGIN { printf \"%.2f\", $ns / $cheapest }")
	[ "$name" = blk-latency ] && own=$ratio && budget=1.00 || budget=
	printf '%-12s %8s %8s %9s %8s\n' "$name" "$ns" "$ratio" "$iops" "$budget"
	rows+=("{\"tool\": \"$name\", \"ns\": $ns, \"ratio\": $ratio, \"iops\": $iops}")
done
if [ -n "$json" ]; then
	IFS=,
	printf '{"tools": [%s], "budget": 1.0}\n' "${rows[*]}" >"$json"
fi
if ! awk "BEGIN { exit !($own <= 1) }"; then
	echo "block: blk-latency costs more than the cheapest of the others"
	exit 1
fi
