// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Duet's patterns: which names they are of, and which words are refused.
 */
#include <errno.h>
#include <string.h>

#include "duet/sides.h"
#include "test.h"

/* How many patterns a word becomes, and whether one of these is of the name. */
static bool is_of(const char *word, const char *text)
{
	struct side_pattern patterns[SIDE_PATTERNS];
	struct side_name name = { 0 };
	char why[256];
	bool is = false;
	int n;

	n = sides_parse(&word, 1, patterns, SIDE_PATTERNS, why, sizeof(why));
	CHECK(n >= 1);
	memcpy(name.word, text, strlen(text));
	for (int i = 0; i < n; i++)
		is |= patterns[i].kind == SIDE_BY_NAME && side_is_named(&patterns[i], &name);
	return is;
}

/* Like the kernel, which keeps 15 bytes of a process's name. */
static bool is_of_process(const char *word, const char *text)
{
	char comm[16];

	snprintf(comm, sizeof(comm), "%s", text);
	return is_of(word, comm);
}

static void names_are_whole(void)
{
	CHECK(is_of("rsync", "rsync"));
	CHECK(!is_of("rsync", "rsyncd"));
	CHECK(!is_of("rsync", "rsyn"));
	CHECK(!is_of("rsync", ""));
	CHECK(!is_of("tar", "star"));
	CHECK(is_of("btrfs-balance", "btrfs-balance"));
}

static void star_is_any_end(void)
{
	CHECK(is_of("btrfs-scrub*", "btrfs-scrub"));
	CHECK(is_of("btrfs-scrub*", "btrfs-scrub_parity_worker_1"));
	CHECK(!is_of("btrfs-scrub*", "btrfs-scru"));
	CHECK(!is_of("btrfs-scrub*", "xbtrfs-scrub"));
	CHECK(is_of("*", ""));
	CHECK(is_of("*", "anything"));
}

static void star_is_in_the_middle(void)
{
	CHECK(is_of("md*_resync", "md0_resync"));
	CHECK(is_of("md*_resync", "md127_resync"));
	CHECK(is_of("md*_resync", "md_resync"));
	CHECK(!is_of("md*_resync", "md0_raid1"));
	CHECK(!is_of("md*_resync", "d0_resync"));
	CHECK(!is_of("md*_resync", "md0_resyncs"));
	CHECK(is_of("*fsr", "xfs_fsr"));
	CHECK(!is_of("*fsr", "fs"));
	/* what is before and what is behind do not share letters */
	CHECK(!is_of("ab*ba", "aba"));
	CHECK(is_of("ab*ba", "abba"));
}

static void long_names_are_cut_in_processes(void)
{
	CHECK(is_of_process("crucible-downstairs", "crucible-downstairs"));
	CHECK(!is_of_process("crucible-downstairs", "crucible-upstairs"));
	CHECK(is_of("crucible-downstairs", "crucible-downstairs"));
	CHECK(is_of_process("crucible-downst*", "crucible-downstairs"));
	CHECK(is_of_process("crucible-downstair*", "crucible-downstairs"));
	/* 31 letters is the longest that a name has */
	CHECK(is_of("aaaaaaaaaabbbbbbbbbbccccccccccd", "aaaaaaaaaabbbbbbbbbbccccccccccd"));
	CHECK(!is_of("aaaaaaaaaabbbbbbbbbbccccccccccd", "aaaaaaaaaabbbbbbbbbbccccccccccx"));
}

static void refused(const char *word, int err, const char *part)
{
	struct side_pattern patterns[SIDE_PATTERNS];
	char why[256] = "";

	CHECK_INT(sides_parse(&word, 1, patterns, SIDE_PATTERNS, why, sizeof(why)), err);
	CHECK(strstr(why, word));
	CHECK(strstr(why, part));
}

static void odd_words_are_refused(void)
{
	refused("", -EINVAL, "empty");
	refused("a*b*c", -EINVAL, "more than one star");
	refused("aaaaaaaaaabbbbbbbbbbccccccccccdd", -EINVAL, "longer");
	refused("cgroup:/there/is/no/such", -ENOENT, "cgroup");
}

static void too_many_are_refused(void)
{
	const char *words[SIDE_PATTERNS + 1];
	struct side_pattern patterns[SIDE_PATTERNS];
	char why[256] = "";

	for (int i = 0; i <= SIDE_PATTERNS; i++)
		words[i] = "rsync";
	CHECK_INT(sides_parse(words, SIDE_PATTERNS + 1, patterns, SIDE_PATTERNS, why, sizeof(why)),
		  -E2BIG);
	CHECK(strstr(why, "too many"));
}

static void default_ones_are_understood(void)
{
	static const char *const known[] = { "btrfs",	  "e4defrag", "xfs_fsr",  "fstrim",
					     "rsync",	  "tar",      "restic",	  "borg",
					     "fsck.ext4", "e2fsck",   "xfs_scrub" };
	struct side_pattern patterns[SIDE_PATTERNS];
	int n = 0, nwords = 0, repair = 0;
	char why[256];

	while (sides_default[nwords])
		nwords++;
	n = sides_parse(sides_default, nwords, patterns, SIDE_PATTERNS, why, sizeof(why));
	CHECK(n >= nwords);
	for (int i = 0; i < n; i++)
		repair += patterns[i].kind == SIDE_BY_REPAIR;
	CHECK_INT(repair, 1);
	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
		bool is = false;

		for (int i = 0; i < nwords; i++)
			is |= is_of(sides_default[i], known[k]);
		if (!is)
			printf("# %s\n", known[k]);
		CHECK(is);
	}
	for (int i = 0; i < nwords; i++)
		CHECK(!is_of(sides_default[i], "postgres"));
}

static const struct test tests[] = {
	TEST(names_are_whole),
	TEST(star_is_any_end),
	TEST(star_is_in_the_middle),
	TEST(long_names_are_cut_in_processes),
	TEST(odd_words_are_refused),
	TEST(too_many_are_refused),
	TEST(default_ones_are_understood),
};

TEST_MAIN("duet_sides")
