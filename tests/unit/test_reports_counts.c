// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reports that count, byte for byte as Crucible's scripts print them.
 */
#include "trial.h"

/* --- tracegw --- */

static void tracegw_prints_the_documents_samples(void)
{
	static const char *const probes[] = { "gw-read-start", "gw-read-done",	 "gw-write-start",
					      "gw-write-done", "gw-flush-start", "gw-flush-done" };
	struct trial t = trial_of("tracegw", UP);

	for (int i = 0; i < 6; i++)
		trial_count(&t, probes[i], 20 + i % 2, 1000); /* all processes together */
	check_sample(trial_print(&t), "", "tracegw.txt", "");
	t.layout = LAYOUT_LEGACY;
	check_sample(trial_print(&t), "", "tracegw.txt", "");
	/* there is no sample of today's: the script's form, the numbers of the others */
	t.layout = LAYOUT_COMPACT;
	check_sample(trial_print(&t), "", "tracegw.compact.txt", "");
	trial_free(&t);
}

static void tracegw_prints_zeros_and_only_needed_write_unwritten(void)
{
	struct trial t = trial_of("tracegw", UP);

	FIRE(&t, "gw-write-start");
	CHECK_STR(trial_print(&t), " read_start:0    read_end:0\n"
				   " write_start:1   write_end:0\n"
				   " flush_start:0   flush_end:0\n");
	trial_count(&t, "gw-write-unwritten-start", TGID, 2);
	trial_count(&t, "gw-write-unwritten-done", TGID, 1);
	CHECK_STR(trial_print(&t), " read_start:0    read_end:0\n"
				   " write_start:1   write_end:0\n"
				   " flush_start:0   flush_end:0\n"
				   " write-unwritten_start:2   write-unwritten_end:1\n");
	t.layout = LAYOUT_COMPACT;
	CHECK_STR(trial_print(&t), " read-start:0    read-done:0\n"
				   "write-start:1   write-done:0\n"
				   "flush-start:0   flush-done:0\n"
				   "write-unwritten-start:2   write-unwritten-done:1\n");
	trial_free(&t);
}

static void tracegw_splits_by_process_on_request(void)
{
	struct trial t = trial_of("tracegw", UP);

	t.options.by_pid = true;
	trial_count(&t, "gw-read-start", 12, 3);
	trial_count(&t, "gw-read-done", 345678, 2);
	CHECK_STR(trial_print(&t), "      12\n"
				   " read_start:3    read_end:0\n"
				   " write_start:0   write_end:0\n"
				   " flush_start:0   flush_end:0\n"
				   "  345678\n"
				   " read_start:0    read_end:2\n"
				   " write_start:0   write_end:0\n"
				   " flush_start:0   flush_end:0\n");
	trial_free(&t);
}

/* --- trace-vol --- */

#define UUID_A "5d8b2d34-40e3-4166-84c6-6094ec201d19"
#define UUID_B "a416a597-5ec5-417f-a913-e2ee78bff1dc"

static const char *const volumes[] = { "{\"ok\":\"" UUID_A "\"}", "{\"ok\":\"" UUID_B "\"}", NULL };

static void count_volume(struct trial *t, const char *probe, int volume, int n)
{
	for (int i = 0; i < n; i++)
		FIRE(t, probe, .args = { i, text_hash(volumes[volume]) });
}

static void trace_vol_prints_the_documents_sample(void)
{
	struct trial t = trial_of("trace-vol", UP);

	t.texts = volumes;
	CHECK_STR(trial_print(&t), "\n");
	count_volume(&t, "volume-read-start", 0, 49);
	count_volume(&t, "volume-read-done", 0, 49);
	count_volume(&t, "volume-write-start", 0, 39);
	count_volume(&t, "volume-write-done", 0, 39);
	count_volume(&t, "volume-flush-start", 0, 12);
	count_volume(&t, "volume-flush-done", 0, 12);
	check_sample(trial_print(&t), "", "trace-vol.txt", "");
	trial_free(&t);
}

static void trace_vol_compact_is_dtraces_own_form(void)
{
	struct trial t = trial_of("trace-vol", UP);

	t.texts = volumes;
	t.layout = LAYOUT_COMPACT;
	count_volume(&t, "volume-writeunwritten-start", 1, 2);
	count_volume(&t, "volume-writeunwritten-done", 0, 2);
	count_volume(&t, "volume-read-done", 1, 2);
	count_volume(&t, "volume-read-start", 1, 1);
	/* two blanks and 50 columns, twice; a blank and 16 columns. By number, then UUID, then
	 * probe. */
	CHECK_STR(trial_print(&t),
		  "\n"
		  "  " UUID_B "                volume-read-start                                 "
		  "                1\n"
		  "  " UUID_A "                volume-writeunwritten-done                        "
		  "                2\n"
		  "  " UUID_B "                volume-read-done                                  "
		  "                2\n"
		  "  " UUID_B "                volume-writeunwritten-start                       "
		  "                2\n");
	trial_free(&t);
}

static void trace_vol_pushes_what_is_too_long(void)
{
	struct trial t = trial_of("trace-vol", UP);

	t.texts = volumes;
	count_volume(&t, "volume-writeunwritten-start", 0, 2);
	CHECK_STR(trial_print(&t), "\n" UUID_A "      volume-writeunwritten-start        2\n");
	t.options.json = true;
	CHECK(strstr(trial_print(&t),
		     "\"volume\":\"" UUID_A
		     "\",\"probe\":\"volume-writeunwritten-start\",\"count\":2}\n") != NULL);
	trial_free(&t);
}

/* --- all_downstairs --- */

static const char *const down_probes[] = {
	"submit-flush-start", "submit-flush-done", "submit-write-start",
	"submit-write-done",  "submit-read-start", "submit-read-done",
	"work-start",	      "work-process",	   "work-done",
};

struct down_line {
	uint32_t pid;
	int counts[9];
};

static void down_fire(struct trial *t, const struct down_line *line)
{
	for (int i = 0; i < 9; i++)
		trial_count(t, down_probes[i], line->pid, line->counts[i]);
}

/* The sample's blocks; in another order than they print in. */
static const struct down_line down_blocks[3][6] = {
	{ { 25442, { 10, 10, 2204, 2089, 0, 0, 2236, 2122, 2121 } },
	  { 25574, { 10, 10, 2204, 2082, 0, 0, 2237, 2115, 2114 } },
	  { 13790, { 10, 9, 1911, 1835, 0, 0, 1943, 1867, 1867 } } },
	{ { 13790, { 10, 10, 2054, 2030, 0, 0, 2085, 2061, 2061 } },
	  { 25574, { 10, 9, 2283, 2184, 0, 0, 2314, 2214, 2215 } },
	  { 25442, { 10, 9, 2283, 2177, 0, 0, 2315, 2207, 2208 } },
	  { 25627, { 2, 2, 0, 0, 389, 389, 391, 391, 391 } },
	  { 25492, { 2, 2, 0, 0, 389, 389, 391, 391, 391 } },
	  { 17147, { 2, 2, 0, 0, 389, 389, 391, 391, 391 } } },
	{ { 25574, { 10, 10, 2045, 2185, 0, 0, 2077, 2218, 2217 } },
	  { 25442, { 10, 10, 2042, 2185, 0, 0, 2074, 2218, 2217 } },
	  { 13790, { 10, 10, 1961, 1985, 0, 0, 1994, 2018, 2018 } },
	  { 25627, { 2, 2, 2, 2, 0, 0, 4, 4, 4 } },
	  { 25492, { 2, 2, 2, 2, 0, 0, 4, 4, 4 } },
	  { 17147, { 2, 2, 2, 2, 0, 0, 4, 4, 4 } } },
};

static void all_downstairs_prints_the_documents_sample(void)
{
	struct trial t = trial_of("all_downstairs", DOWN);
	char text[4096] = "";

	for (int block = 0; block < 3; block++) {
		for (int i = 0; i < 6; i++)
			if (down_blocks[block][i].pid)
				down_fire(&t, &down_blocks[block][i]);
		strcat(text, trial_print(&t));
	}
	check_sample(text, "", "all_downstairs.txt", "");
	trial_free(&t);
}

#define ALL_TITLES "  PID   F>   F<   W>   W<    R>    R<    WS   WIP    WD\n"

static bool alive_but_30(const void *arg, uint32_t tgid)
{
	(void)arg;
	return tgid != 30;
}

static void all_downstairs_keep_their_line_while_they_live(void)
{
	struct trial t = trial_of("all_downstairs", DOWN);

	t.alive = alive_but_30;
	/* a block without lines is its titles */
	CHECK_STR(trial_print(&t), ALL_TITLES);
	/* the script's %05d would have zeros before a short PID: %5d is right */
	trial_count(&t, "submit-read-start", 42, 3);
	trial_count(&t, "work-done", 30, 1);
	trial_count(&t, "submit-writeunwritten-start", 777, 5); /* counted in no column */
	trial_count(&t, "work-start", 777, 5);
	CHECK_STR(trial_print(&t),
		  ALL_TITLES "   30    0    0    0    0     0     0     0     0     1\n"
			     "  777    0    0    0    0     0     0     5     0     0\n"
			     "   42    0    0    0    0     3     0     0     0     0\n");
	/* the one that is gone has had its last line */
	CHECK_STR(trial_print(&t),
		  ALL_TITLES "   42    0    0    0    0     0     0     0     0     0\n"
			     "  777    0    0    0    0     0     0     0     0     0\n");
	trial_free(&t);
}

static void all_downstairs_compact_has_one_width(void)
{
	struct trial t = trial_of("all_downstairs", DOWN);

	t.layout = LAYOUT_COMPACT;
	down_fire(&t, &(struct down_line){ 13790, { 1, 2, 3, 4, 5, 6, 7, 8, 9 } });
	CHECK_STR(trial_print(&t), "  PID    F>    F<    W>    W<    R>    R<    WS   WIP    WD\n"
				   "13790     1     2     3     4     5     6     7     8     9\n");
	t.options.extra = true;
	trial_count(&t, "submit-writeunwritten-start", 13790, 2);
	trial_count(&t, "submit-writeunwritten-done", 13790, 1);
	CHECK_STR(trial_print(&t),
		  "  PID    F>    F<    W>    W<    R>    R<    WS   WIP    WD   WU>   WU<\n"
		  "13790     0     0     0     0     0     0     0     0     0     2     1\n");
	trial_free(&t);
}

/* --- downstairs_count --- */

static const struct down_line count_lines[15] = {
	{ 0, { 47, 47, 135, 135, 204, 204, 386, 386, 386 } },
	{ 0, { 39, 39, 130, 131, 193, 193, 362, 362, 363 } },
	{ 0, { 42, 41, 141, 141, 176, 176, 359, 359, 358 } },
	{ 0, { 40, 40, 120, 120, 155, 155, 315, 315, 315 } },
	{ 0, { 6, 6, 11, 11, 22, 22, 39, 39, 39 } },
	{ 0, { 4, 4, 8, 8, 10, 10, 22, 22, 22 } },
	{ 0, { 4, 4, 10, 10, 6, 6, 20, 20, 20 } },
	{ 0, { 5, 5, 10, 10, 13, 12, 28, 27, 27 } },
	{ 0, { 25, 25, 78, 78, 118, 119, 221, 222, 222 } },
	{ 0, { 31, 32, 149, 148, 183, 183, 363, 363, 363 } },
	{ 0, { 38, 38, 121, 122, 209, 209, 368, 368, 369 } },
	{ 0, { 39, 39, 138, 137, 160, 160, 337, 337, 336 } },
	{ 0, { 29, 28, 138, 139, 148, 148, 315, 315, 315 } },
	{ 0, { 42, 42, 149, 149, 178, 178, 369, 369, 369 } },
	{ 0, { 34, 34, 156, 156, 172, 172, 362, 362, 362 } },
};

#define COUNT_TITLES "  F>   F<   W>   W<    R>    R<    WS   WIP    WD\n"
#define COUNT_ZEROS  "   0    0    0    0     0     0     0     0     0\n"

static void downstairs_count_prints_the_documents_sample(void)
{
	for (int layout = LAYOUT_CLASSIC; layout <= LAYOUT_COMPACT; layout++) {
		struct trial t = trial_of("downstairs_count", DOWN);
		char text[4096] = "";

		t.layout = (enum layout)layout;
		for (int i = 0; i < 15; i++) {
			down_fire(&t, &count_lines[i]);
			strcat(text, trial_print(&t));
		}
		check_sample(text, "", "downstairs_count.txt", "");
		/* six more make 21; then the titles come again */
		for (int i = 15; i < 21; i++)
			CHECK_STR(trial_print(&t), COUNT_ZEROS);
		CHECK_STR(trial_print(&t), COUNT_TITLES COUNT_ZEROS);
		for (int i = 1; i < 21; i++)
			CHECK_STR(trial_print(&t), COUNT_ZEROS);
		CHECK_STR(trial_print(&t), COUNT_TITLES COUNT_ZEROS);
		trial_free(&t);
	}
}

static void downstairs_count_begins_with_zeros(void)
{
	struct trial t = trial_of("downstairs_count", DOWN);

	CHECK_STR(trial_print(&t), COUNT_TITLES COUNT_ZEROS);
	/* a longer number pushes the others to the right */
	trial_count(&t, "submit-flush-start", TGID, 12345);
	CHECK_STR(trial_print(&t), "12345    0    0    0     0     0     0     0     0\n");
	trial_free(&t);
}

/* --- upstairs_count --- */

#define UP_TITLES "   F>    F<    W>    W<    R>    R<   WU>   WU<    B>    B<\n"
#define UP_ZEROS  "    0     0     0     0     0     0     0     0     0     0\n"

static void upstairs_count_has_a_column_an_operation(void)
{
	static const char *const probes[] = { "gw-flush-start",
					      "gw-flush-done",
					      "gw-write-start",
					      "gw-write-done",
					      "gw-read-start",
					      "gw-read-done",
					      "gw-write-unwritten-start",
					      "gw-write-unwritten-done",
					      "gw-barrier-start",
					      "gw-barrier-done" };
	struct trial t = trial_of("upstairs_count", UP);

	t.layout = LAYOUT_COMPACT;
	/* before the first event, too */
	CHECK_STR(trial_print(&t), UP_TITLES UP_ZEROS);
	for (int i = 0; i < 10; i++)
		trial_count(&t, probes[i], TGID, 100 + i);
	CHECK_STR(trial_print(&t), "  100   101   102   103   104   105   106   107   108   109\n");
	for (int i = 2; i < 21; i++)
		CHECK_STR(trial_print(&t), UP_ZEROS);
	CHECK_STR(trial_print(&t), UP_TITLES UP_ZEROS);
	t.options.json = true;
	FIRE(&t, "gw-barrier-done");
	CHECK(strstr(trial_print(&t),
		     "\"flush_start\":0,\"flush_done\":0,\"write_start\":0,\"write_done\":0,"
		     "\"read_start\":0,\"read_done\":0,\"write_unwritten_start\":0,"
		     "\"write_unwritten_done\":0,\"barrier_start\":0,\"barrier_done\":1}\n") !=
	      NULL);
	trial_free(&t);
}

static const struct test tests[] = {
	TEST(tracegw_prints_the_documents_samples),
	TEST(tracegw_prints_zeros_and_only_needed_write_unwritten),
	TEST(tracegw_splits_by_process_on_request),
	TEST(trace_vol_prints_the_documents_sample),
	TEST(trace_vol_compact_is_dtraces_own_form),
	TEST(trace_vol_pushes_what_is_too_long),
	TEST(all_downstairs_prints_the_documents_sample),
	TEST(all_downstairs_keep_their_line_while_they_live),
	TEST(all_downstairs_compact_has_one_width),
	TEST(downstairs_count_prints_the_documents_sample),
	TEST(downstairs_count_begins_with_zeros),
	TEST(upstairs_count_has_a_column_an_operation),
};

TEST_MAIN("reports_counts")
