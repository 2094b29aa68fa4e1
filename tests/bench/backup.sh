#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a backup of a partly cached tree reads from the disk when memory does not hold the tree: in
# the order of its folders, and in that of `assay duet --hints`.
#   backup.sh BUILD [JSON]
# BACKUP_ROUNDS  rounds (4)     BACKUP_FS  ext4, xfs or btrfs (ext4)
#
# In each round a foreground reads files of the tree, chosen at random, that fit into memory, and
# then the backup reads all, from the same start in both orders; or the foreground goes on and reads
# all files, one after another, while the backup runs, which follows the hints or does not. What is
# read is counted at the loop device: everything, the folders that the hints look through, too.
# Memory is a cgroup's.
set -u

here=$(dirname "$(readlink -f "$0")")
build=$(readlink -f "${1:?usage: backup.sh BUILD [JSON]}") || exit 2
json=${2:-}
rounds=${BACKUP_ROUNDS:-4}
fs=${BACKUP_FS:-ext4}
assay=$build/assay

mib=$((1 << 20))
tree_bytes=$((256 * mib))
limit=$((128 * mib))
warm_bytes=$((64 * mib))
# Budgets, in each round: what is read in the order of hints to what is in the order of folders, and
# how much of what was in memory is not read again. And with the foreground at work, what both read.
most_ratio=0.92
least_saved=80
most_followed=0.80

skip() {
	echo "backup: skipped: $*"
	[ -z "$json" ] || printf '{"skipped": "%s"}\n' "$*" >"$json"
	exit 0
}

fail() {
	echo "backup: $*" >&2
	exit 2
}

for tool in tar rsync xargs shuf "mkfs.$fs" losetup; do
	command -v "$tool" >/dev/null || skip "no $tool"
done
"$assay" list 2>/dev/null | grep -q '^duet' || skip "this build has no duet"

dir=$(mktemp -d) || fail "make a folder"
loop='' group=''
cleanup() {
	mountpoint -q "$dir/tree" && umount "$dir/tree"
	[ -z "$loop" ] || losetup -d "$loop"
	[ -z "$group" ] || rmdir "$group"
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 2' INT TERM

# A cgroup of so much memory, of the first or the second kind
if [ -d /sys/fs/cgroup/memory ]; then
	group=/sys/fs/cgroup/memory/assay-backup-$$
	mkdir "$group" || skip "no memory cgroup"
	echo "$limit" >"$group/memory.limit_in_bytes" || fail "limit the memory"
else
	grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null ||
		skip "no memory cgroup"
	group=/sys/fs/cgroup/assay-backup-$$
	mkdir "$group" || skip "no memory cgroup"
	echo "$limit" >"$group/memory.max" || fail "limit the memory"
fi

# limited COMMAND…: in the cgroup
limited() {
	# shellcheck disable=SC2016 # expanded there
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

remount() {
	mountpoint -q "$dir/tree" && umount "$dir/tree"
	mount "$loop" "$dir/tree" || fail "mount the tree"
}

# Numbers from 0 to 32767 that are the same in each run
RANDOM=42

make_tree() {
	local total=0 n=0 kib at
	truncate -s $((tree_bytes * 2 + 200 * mib)) "$dir/image"
	"mkfs.$fs" -q "$dir/image" >/dev/null || fail "mkfs.$fs"
	loop=$(losetup -f --show "$dir/image") || skip "no loop device"
	mkdir "$dir/tree" "$dir/copy"
	remount
	while [ $total -lt $tree_bytes ]; do
		kib=$((16 + RANDOM % 1024))
		at=$dir/tree/$((RANDOM % 30))
		mkdir -p "$at"
		head -c $((kib * 1024)) /dev/urandom >"$at/file-$n"
		n=$((n + 1))
		total=$((total + kib * 1024))
	done
	sync -f "$dir/tree"
	(cd "$dir/tree" && find . -type f -printf '%s %P\n' | sort -k2) >"$dir/files"
}

# warm ROUND: the files that the foreground reads in it
warm() {
	shuf --random-source=<(yes "$1") "$dir/files" |
		awk -v most="$warm_bytes" '(n += $1) > most { exit } { print $2 }'
}

sectors() {
	awk '{ print $3 }' "/sys/block/${loop#/dev/}/stat"
}

# --- the ways of a backup ---

tar_folders() {
	limited tar -C "$dir/tree" -cf - . | cat >/dev/null
}

tar_hints() {
	"$assay" duet --hints "$dir/tree" -0 2>/dev/null |
		limited tar -C "$dir/tree" --null -T - -cf - | cat >/dev/null
}

rsync_folders() {
	limited rsync -a "$dir/tree/" "$dir/copy/"
}

# rsync sorts each list that it gets
rsync_hints() {
	# shellcheck disable=SC2016
	"$assay" duet --hints "$dir/tree" -0 2>/dev/null |
		limited xargs -0 -n 32 sh -c \
			'printf "%s\0" "$@" | rsync -a0 --files-from=- "$0/tree/" "$0/copy/"' "$dir"
}

# The foreground reads everything, in an order of its own
foreground() {
	# shellcheck disable=SC2016
	(cd "$dir/tree" && shuf --random-source=<(yes "$1") "$dir/files" | cut -d' ' -f2 |
		limited sh -c 'while read -r f; do cat "$f"; sleep 0.01; done') >/dev/null
}

both_folders() {
	foreground "$1" &
	tar_folders
	wait $!
}

both_follow() {
	foreground "$1" &
	"$assay" duet --hints "$dir/tree" --follow -i 0.1 -d "$follow_secs" -0 2>/dev/null |
		limited tar -C "$dir/tree" --null -T - -cf - | cat >/dev/null
	wait $!
}

# measure WAY ROUND: prints the bytes read
measure() {
	local before
	remount
	rm -rf "$dir/copy"
	mkdir "$dir/copy"
	find "$dir/tree" -printf '%s' >/dev/null # what files there are is known at the start
	if [[ $2 -gt 0 && $1 != both* ]]; then
		(cd "$dir/tree" && warm "$2" | limited xargs cat) >/dev/null
	fi
	before=$(sectors)
	"$1" "$2" || fail "$1"
	echo $((($(sectors) - before) * 512))
}

in_mib() {
	awk "BEGIN { printf \"%.1f\", $1 / $mib }"
}

# pair ROUND FOLDERS HINTS: measures both, whichever comes first by turns: $folders, $hints
pair() {
	if (($1 % 2)); then
		folders=$(measure "$2" "$1") && hints=$(measure "$3" "$1") || exit 2
	else
		hints=$(measure "$3" "$1") && folders=$(measure "$2" "$1") || exit 2
	fi
}

# over BUDGET VALUE…: says so if the first value is above the second
over() {
	awk "BEGIN { exit !($2 > $3) }" || return 0
	echo "over budget: $1: $2"
	status=1
}

rows=() status=0
row() {
	rows+=("{\"what\": \"$1\", \"round\": $2, \"folders\": $folders, \"hints\": $hints}")
}

make_tree
echo "$(wc -l <"$dir/files") files, $((tree_bytes / mib)) MiB, on $fs; memory $((limit / mib)) MiB," \
	"of which the tree has $((warm_bytes / mib)) MiB at the start"
for tool in tar rsync; do
	all=$(measure ${tool}_folders 0) || exit 2
	echo "$tool reads (with nothing in memory: $(in_mib "$all") MiB):"
	printf '%-6s %10s %10s %7s   %s\n' round folders hints ratio 'of what was in memory not read again'
	for ((i = 1; i <= rounds; i++)); do
		warmed=$(warm "$i" | awk 'NR == FNR { size[$2] = $1; next } { n += size[$1] }
			END { print n }' "$dir/files" -)
		pair "$i" ${tool}_folders ${tool}_hints
		read -r ratio kept saved < <(awk -v a="$all" -v w="$warmed" -v f="$folders" \
			-v h="$hints" 'BEGIN { printf "%.3f %.1f %.1f\n", h / f, 100 * (a - f) / w, 100 * (a - h) / w }')
		printf '%-6d %6s MiB %6s MiB %7s   %5s %% and %5s %%\n' "$i" "$(in_mib "$folders")" \
			"$(in_mib "$hints")" "$ratio" "$kept" "$saved"
		row $tool "$i"
		over "$tool, ratio" "$ratio" $most_ratio
		over "$tool, percent read again" "100 - $saved" "100 - $least_saved"
	done
done
follow_secs=$(($(wc -l <"$dir/files") / 50))
echo "foreground and tar at the same time read, both:"
printf '%-6s %10s %10s %7s\n' round folders followed ratio
for ((i = 1; i <= rounds / 2; i++)); do
	pair "$i" both_folders both_follow
	ratio=$(awk "BEGIN { printf \"%.3f\", $hints / $folders }")
	printf '%-6d %6s MiB %6s MiB %7s\n' "$i" "$(in_mib "$folders")" "$(in_mib "$hints")" "$ratio"
	row both "$i"
	over "followed, ratio" "$ratio" $most_followed
done
if [ -n "$json" ]; then
	IFS=,
	printf '{"fs": "%s", "memory": %d, "bytes_read": [%s]}\n' "$fs" $limit "${rows[*]}" >"$json"
fi
[ $status -eq 0 ]
