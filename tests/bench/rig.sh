#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What tracing costs a real Crucible: random writes, in pairs of runs with and without
# `assay perfgw`, whichever comes first by turns.
#   rig.sh BUILD [JSON]
# CRUCIBLE_BIN  folder with crutest and crucible-downstairs; without it nothing is measured
# RIG_PAIRS     pairs (4)         RIG_SECS  seconds a run (8)
set -u

here=$(dirname "$(readlink -f "$0")")
sim=$here/../sim/sim
build=${1:?usage: rig.sh BUILD [JSON]}
json=${2:-}
pairs=${RIG_PAIRS:-4}
secs=${RIG_SECS:-8}

skip() {
	echo "rig: skipped: $*"
	[ -z "$json" ] || printf '{"skipped": "%s"}\n' "$*" >"$json"
	exit 0
}

fail() {
	echo "rig: $*" >&2
	exit 1
}

[ -n "${CRUCIBLE_BIN:-}" ] || skip "CRUCIBLE_BIN names no folder with a Crucible"
[ -x "$CRUCIBLE_BIN/crutest" ] || skip "$CRUCIBLE_BIN has no crutest"
[ -x "$sim" ] || skip "there is no $sim to run it with"

dir=$(mktemp -d) || fail "make a folder for the regions"
tracer=
cleanup() {
	[ -z "$tracer" ] || kill "$tracer" 2>/dev/null
	"$sim" stop
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
export BIN=$CRUCIBLE_BIN SIM_DIR=$dir

# The IOPS of one run, which crutest prints after its time is up.
load() {
	local out
	out=$("$sim" load rand-write --time "$secs" --io-size 1 --io-depth 4 2>"$dir/load.log") ||
		fail "run the load: $(tail -n 1 "$dir/load.log")"
	grep -oiE '[0-9.]+ *IOPS|IOPS[^0-9]*[0-9.]+' <<<"$out" | grep -oE '[0-9.]+' | tail -n 1
}

traced() {
	"$build/assay" perfgw -e "$CRUCIBLE_BIN/crutest" -o "$dir/report" 2>"$dir/assay.log" &
	tracer=$!
	until grep -q ' sites of ' "$dir/assay.log"; do
		kill -0 "$tracer" 2>/dev/null || fail "trace: $(tail -n 1 "$dir/assay.log")"
		sleep 0.05
	done
	with=$(load) || exit 1
	kill -INT "$tracer"
	wait "$tracer" || fail "trace: $(tail -n 1 "$dir/assay.log")"
	tracer=
	[ -s "$dir/report" ] || fail "trace: the report is empty"
}

"$sim" start >/dev/null || fail "start the downstairs"
load >/dev/null # the first run warms the files
printf '%-6s %10s %10s %8s\n' pair without with ratio
rows=() ratios=()
for ((i = 1; i <= pairs; i++)); do
	if ((i % 2)); then
		without=$(load) || exit 1
		traced
	else
		traced
		without=$(load) || exit 1
	fi
	[[ -n $without && -n $with ]] || fail "read the IOPS that crutest prints"
	ratio=$(awk "BEGIN { printf \"%.3f\", $with / $without }")
	printf '%-6s %10.0f %10.0f %8s\n' "$i" "$without" "$with" "$ratio"
	ratios+=("$ratio")
	rows+=("{\"without\": $without, \"with\": $with, \"ratio\": $ratio}")
done
median=$(printf '%s\n' "${ratios[@]}" | sort -n |
	awk '{ v[NR] = $1 } END { printf "%.3f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }')
echo "median ratio of IOPS with perfgw to without: $median"
if [ -n "$json" ]; then
	IFS=,
	printf '{"iops": [%s], "median_ratio": %s}\n' "${rows[*]}" "$median" >"$json"
fi
