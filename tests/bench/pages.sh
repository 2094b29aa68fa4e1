#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What duet costs a page cache event, and whether it counts all of them, as fast as they come: pages
# of sparse files are brought into memory and dropped again, by a thread on each CPU.
#   pages.sh BUILD [JSON]
# PAGES_ROUNDS  turns (5)     PAGES_SECS  of each (2)     PAGES_FS  ext4, xfs or btrfs (ext4)
# Status 1: an event was not counted, or they came at less than a million a second although they do
# without duet, by half as much again.
set -u

build=$(readlink -f "${1:?usage: pages.sh BUILD [JSON]}") || exit 2
json=${2:-}
rounds=${PAGES_ROUNDS:-5}
secs=${PAGES_SECS:-2}
fs=${PAGES_FS:-ext4}
least=1000000
cpus=$(nproc)
load=$build/tests/bench/pages
stats=/proc/sys/kernel/bpf_stats_enabled

skip() {
	echo "pages: skipped: $*"
	[ -z "$json" ] || printf '{"skipped": "%s"}\n' "$*" >"$json"
	exit 0
}

fail() {
	echo "pages: $*" >&2
	exit 2
}

command -v "mkfs.$fs" >/dev/null || skip "no mkfs.$fs"
command -v jq >/dev/null || skip "no jq"

dir=$(mktemp -d) || fail "make a folder"
loop='' duet=''
were=
cleanup() {
	[ -z "$duet" ] || { : >"$dir/over" && wait "$duet"; }
	umount "$dir/disk" 2>/dev/null
	[ -z "$loop" ] || losetup -d "$loop"
	[ -z "$were" ] || echo "$were" >"$stats"
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 2' INT TERM
truncate -s 1G "$dir/image"
loop=$(losetup -f --show "$dir/image") || skip "no loop devices"
"mkfs.$fs" -q "$loop" >/dev/null || fail "mkfs.$fs"
mkdir "$dir/disk"
mount "$loop" "$dir/disk" || skip "no $fs"
if [ -w "$stats" ]; then
	were=$(<"$stats")
	echo 1 >"$stats"
fi

# Events a second; a page is two, one when it comes and one when it goes.
run_load() {
	read -r count took <<<"$("$load" "$dir/disk/file" "$secs" "$cpus")"
	[ -n "$took" ] || fail "the load does not run"
	rate=$(awk "BEGIN { printf \"%d\", 2 * $count / $took }")
}

# Nanoseconds that the two programs ran for each event; 0 where the kernel does not tell.
ns_per_event() {
	cat "/proc/$1/fdinfo/"* 2>/dev/null | awk '
		$1 == "prog_id:" { n = 0; t = 0 }
		$1 == "run_time_ns:" { t = $2 }
		$1 == "run_cnt:" && $2 > most { most = $2; ns = t / $2 }
		END { printf "%d\n", ns }'
}

turn() {
	rm -f "$dir/live" "$dir/over"
	"$build/assay" duet -j -o "$dir/out" --maintenance none -- sh -c \
		": >$dir/live; until [ -e $dir/over ]; do sleep 0.05; done" 2>"$dir/err" &
	duet=$!
	until [ -e "$dir/live" ]; do
		kill -0 "$duet" 2>/dev/null || fail "duet does not run: $(tail -n 1 "$dir/err")"
		sleep 0.05
	done
	run_load
	ns=$(ns_per_event "$duet")
	: >"$dir/over"
	wait "$duet" || fail "duet: status $?"
	duet=
	seen=$(jq -r "select(.file_system == \"$dir/disk\").foreground | .added + .dropped" "$dir/out")
	missed=$(jq -r 'select(.event == "lost").missed_events' "$dir/out")
	uncounted=$((2 * count - seen))
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print int((v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2) }'
}

run_load # the first warms up
lost=0
for ((round = 0; round < rounds; round++)); do
	run_load
	echo "$rate" >>"$dir/bare"
	turn
	echo "$rate" >>"$dir/traced"
	echo "$ns" >>"$dir/ns"
	[ "$uncounted" = 0 ] || echo "pages: $uncounted of $((2 * count)) events not counted, $missed missed"
	lost=$((lost + uncounted))
done

bare=$(median "$dir/bare")
traced=$(median "$dir/traced")
ns=$(median "$dir/ns")
printf '%-12s %12s %9s %10s\n' "" events/s ns/event uncounted
printf '%-12s %12s\n' none "$bare"
printf '%-12s %12s %9s %10s\n' duet "$traced" "$ns" "$lost"
[ -z "$json" ] ||
	printf '{"file_system": "%s", "bare_per_s": %d, "per_s": %d, "ns": %d, "uncounted": %d}\n' \
		"$fs" "$bare" "$traced" "$ns" "$lost" >"$json"
if [ "$lost" != 0 ]; then
	echo "pages: events were not counted"
	exit 1
fi
if [ "$traced" -lt $least ] && [ "$bare" -gt $((least * 3 / 2)) ]; then
	echo "pages: fewer than $least events a second"
	exit 1
fi
