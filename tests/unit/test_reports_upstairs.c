// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The upstairs' latency reports, byte for byte as Crucible's scripts print them.
 */
#include "trial.h"

/* The last row of the document's sample has lost its blanks and its 0, and the line behind it. */
#define PERFGW_END EMPTY " 0\n\n"

static void perfgw_sample(struct trial *t)
{
	BUCKET(t, "gw-write-start", "gw-write-done", 33554432, 355);
	BUCKET(t, "gw-write-start", "gw-write-done", 67108864, 645);
	BUCKET(t, "gw-read-start", "gw-read-done", 33554432, 353);
	BUCKET(t, "gw-read-start", "gw-read-done", 67108864, 647);
	BUCKET(t, "gw-flush-start", "gw-flush-done", 1048576, 1);
	BUCKET(t, "gw-flush-start", "gw-flush-done", 33554432, 353);
	BUCKET(t, "gw-flush-start", "gw-flush-done", 67108864, 647);
}

static void perfgw_prints_the_documents_samples(void)
{
	static const enum layout layouts[] = { LAYOUT_LEGACY, LAYOUT_CLASSIC, LAYOUT_COMPACT };

	for (int i = 0; i < 3; i++) {
		struct trial t = trial_of("perfgw", UP);
		char *text;

		t.layout = layouts[i];
		perfgw_sample(&t);
		text = strdup(trial_print(&t));
		/* the sample ends with a newline in the middle of that row */
		CHECK_STR(strlen(text) > strlen(PERFGW_END)
				  ? text + strlen(text) - strlen(PERFGW_END)
				  : text,
			  PERFGW_END);
		if (strlen(text) > strlen(PERFGW_END))
			strcpy(text + strlen(text) - strlen(PERFGW_END), "\n");
		check_sample(text, "", "perfgw.txt", "");
		free(text);
		trial_free(&t);
	}
}

static void without_events_there_is_an_empty_line(void)
{
	static const char *const names[] = {
		"perfgw",	    "perf-ds-client",	  "perf-ds-net",
		"perf-upstairs-rw", "perf-online-repair", "perf-vol",
		"perf-reqwest"
	};

	for (int i = 0; i < 7; i++) {
		struct trial t = trial_of(names[i], UP);

		CHECK_STR(trial_print(&t), "\n");
		trial_free(&t);
	}
}

static void perfgw_names_whole_operations(void)
{
	static const char *const ops[] = { "read", "write", "write-unwritten", "flush", "barrier",
					   "noop", "close", "repair",	       "reopen" };

	for (int i = 0; i < 9; i++) {
		struct trial t = trial_of("perfgw", UP);
		char start[64], done[64], want[2048];

		snprintf(start, sizeof(start), "gw-%s-start", ops[i]);
		snprintf(done, sizeof(done), "gw-%s-done", ops[i]);
		snprintf(want, sizeof(want), "\n  %s\n" ONE_4, ops[i]);
		IO(&t, start, done, 7);
		CHECK_STR(trial_print(&t), want);
		trial_free(&t);
	}
}

/* One entry of the sample: from the first bucket on, as many as there are numbers. */
struct sample {
	const char *op;
	int client;
	uint64_t low;
	int counts[12];
};

static void sample_fire(struct trial *t, const struct sample *s)
{
	char start[64], done[64];
	uint64_t low = s->low;

	snprintf(start, sizeof(start), "ds-%s-net-start", s->op);
	snprintf(done, sizeof(done), "ds-%s-net-done", s->op);
	for (int i = 0; i < 12; i++, low *= 2)
		BUCKET(t, start, done, low, s->counts[i], .args = { 0, s->client });
}

/* In another order than they print in: that follows from their weights. */
static const struct sample ds_net_sample[] = {
	{ "read", 0, 262144, { 205, 284, 274, 440, 646, 655, 448, 48 } },
	{ "read", 1, 262144, { 218, 284, 267, 399, 610, 714, 461, 46, 1 } },
	{ "read", 2, 262144, { 204, 283, 271, 442, 647, 658, 447, 46, 0, 2 } },
	{ "write", 0, 524288, { 16, 35, 64, 152, 241, 458, 33, 1 } },
	{ "write", 1, 524288, { 16, 37, 62, 154, 243, 456, 31, 1 } },
	{ "write", 2, 524288, { 14, 39, 60, 153, 239, 462, 31, 2 } },
	{ "flush", 0, 524288, { 16, 136, 309, 505, 50, 6, 3 } },
	{ "flush", 1, 524288, { 19, 134, 317, 502, 46, 5, 2 } },
	{ "flush", 2, 524288, { 15, 132, 316, 505, 48, 7, 2 } },
};

static void perf_ds_net_prints_the_documents_sample(void)
{
	static const char *const names[] = { "perf-ds-net", "perfdw", "perf-net-ds" };

	for (int i = 0; i < 3; i++) {
		struct trial t = trial_of(names[i], UP);

		t.layout = (enum layout)i;
		for (size_t s = 0; s < NROWS(ds_net_sample); s++)
			sample_fire(&t, &ds_net_sample[s]);
		check_sample(trial_print(&t), "", "perf-ds-net.txt", "");
		trial_free(&t);
	}
}

static void perf_ds_client_has_barriers(void)
{
	struct trial t = trial_of("perf-ds-client", UP), net = trial_of("perf-ds-net", UP);
	struct fold_rule rules[USDT_MAX_RULES];

	IO(&t, "ds-barrier-client-start", "ds-barrier-client-done", 5, .args = { 0, 2 });
	/* two blanks, 50 columns, a blank, 16 columns */
	CHECK_STR(trial_print(&t), "\n  barrier for downstairs client                     "
				   "                2\n" ONE_4);
	CHECK_INT(plan_probe_rules(net.report->rules, UP, "ds-barrier-net-start", trial_has, &net,
				   rules),
		  0);
	trial_free(&t);
	trial_free(&net);
}

static void clients_tell_whole_operations(void)
{
	struct trial client = trial_of("perf-ds-client", UP), net = trial_of("perf-ds-net", UP);
	const char *want = "\n  write-unwritten for downstairs client             "
			   "                1\n" ONE_4;

	IO(&client, "ds-write-unwritten-client-start", "ds-write-unwritten-client-done", 5,
	   .args = { 0, 1 });
	CHECK_STR(trial_print(&client), want);
	IO(&net, "ds-write-unwritten-net-start", "ds-write-unwritten-net-done", 5,
	   .args = { 0, 1 });
	CHECK_STR(trial_print(&net), want);
	trial_free(&client);
	trial_free(&net);
}

static void clients_of_a_job_are_told_apart(void)
{
	struct trial t = trial_of("perf-ds-client", UP);

	FIRE(&t, "ds-read-client-start", .time = 100, .args = { 9, 0 });
	FIRE(&t, "ds-read-client-start", .time = 101, .args = { 9, 1 });
	FIRE(&t, "ds-read-client-done", .time = 105, .args = { 9, 1 });
	FIRE(&t, "ds-read-client-done", .time = 132, .args = { 9, 0 });
	CHECK_STR(trial_print(&t),
		  "\n  read for downstairs client                        "
		  "                1\n" ONE_4 "  read for downstairs client                        "
		  "                0\n" ONE_32);
	trial_free(&t);
}

/* --- perf-upstairs-rw --- */

static const char *const stage_ops[] = { "write", "flush", "write-unwritten", "read" };

static void stage_fire(struct trial *t, const char *form, const char *op, uint64_t time,
		       uint64_t client)
{
	char probe[64];

	snprintf(probe, sizeof(probe), form, op);
	FIRE(t, probe, .time = time, .args = { 11, client });
}

static void stages_print(struct trial *t, const char *op)
{
	char want[4096];

	snprintf(want, sizeof(want),
		 "\n  up-to-ds-%s-done\n" ONE_4 "  up-to-ds-%s-start\n" ONE_32
		 "  gw-%s-done\n" HEADER "              64 |" EMPTY " 0\n"
		 "             128 |" FULL " 1\n"
		 "             256 |" EMPTY " 0\n\n",
		 op, op, op);
	CHECK_STR(trial_print(t), want);
}

/* The parts take 40, 6 and 200 ns: they print by weight, not in their order. */
static void three_parts_end_where_the_last_reply_was(void)
{
	for (int i = 0; i < 4; i++) {
		struct trial t = trial_of("perf-upstairs-wf", UP);
		const char *op = stage_ops[i];

		stage_fire(&t, "ds-%s-client-done", op, 990, 0); /* of a job before it */
		stage_fire(&t, "gw-%s-start", op, 1000, 0);
		stage_fire(&t, "up-to-ds-%s-start", op, 1040, 0);
		stage_fire(&t, "ds-%s-client-done", op, 1044, 2);
		stage_fire(&t, "ds-%s-client-done", op, 1046, 0);
		stage_fire(&t, "gw-%s-done", op, 1246, 0);
		stage_fire(&t, "ds-%s-client-done", op, 1300, 1); /* too late to matter */
		stages_print(&t, op);
		trial_free(&t);
	}
}

static void old_builds_have_a_probe_there(void)
{
	for (int i = 0; i < 4; i++) {
		struct trial t = trial_of("perf-upstairs-rw", UP);
		struct fold_rule rules[USDT_MAX_RULES];
		const char *op = stage_ops[i];
		char reply[64];

		t.acks = true;
		stage_fire(&t, "gw-%s-start", op, 1000, 0);
		stage_fire(&t, "up-to-ds-%s-start", op, 1040, 0);
		stage_fire(&t, "up-to-ds-%s-done", op, 1046, 0);
		stage_fire(&t, "gw-%s-done", op, 1246, 0);
		stages_print(&t, op);
		/* replies are not asked for */
		snprintf(reply, sizeof(reply), "ds-%s-client-done", op);
		CHECK_INT(plan_probe_rules(t.report->rules, UP, reply, trial_has, &t, rules), 0);
		trial_free(&t);
	}
}

static void without_replies_there_is_no_second_part(void)
{
	struct trial t = trial_of("perf-upstairs-rw", UP);

	stage_fire(&t, "gw-%s-start", "flush", 1000, 0);
	stage_fire(&t, "up-to-ds-%s-start", "flush", 1005, 0);
	stage_fire(&t, "gw-%s-done", "flush", 2000, 0);
	CHECK_STR(trial_print(&t), "\n  up-to-ds-flush-start\n" ONE_4);
	CHECK_INT(fold_table_tables(t.table).losses[FOLD_LOSS_UNMARKED], 1);
	t.losses = 1;
	trial_free(&t);
}

/* --- by volume --- */

#define UUID_A "a416a597-5ec5-417f-a913-e2ee78bff1dc"
#define UUID_B "5d8b2d34-40e3-4166-84c6-6094ec201d19"

static const char *const volumes[] = { "{\"ok\":\"" UUID_A "\"}", "{\"ok\":\"" UUID_B "\"}",
				       "{\"ok\":\"\\u001b[2J\"}", NULL };
#define VOLUME_A text_hash(volumes[0])
#define VOLUME_B text_hash(volumes[1])

static struct trial volume_trial(const char *name)
{
	struct trial t = trial_of(name, UP);

	t.texts = volumes;
	return t;
}

static void volume_bucket(struct trial *t, const char *op, uint64_t low, int n)
{
	char start[64], done[64];

	snprintf(start, sizeof(start), "volume-%s-start", op);
	snprintf(done, sizeof(done), "volume-%s-done", op);
	BUCKET(t, start, done, low, n, .args = { 0, VOLUME_A });
}

static void perf_vol_prints_the_documents_sample(void)
{
	struct trial t = volume_trial("perf-vol");

	/*
	 * The sample's "CPU ID" lines are dtrace's own, and end with the empty line of the script;
	 * its first tick has nothing else. It has lost the empty line behind its last row.
	 */
	CHECK_STR(trial_print(&t), "\n");
	volume_bucket(&t, "flush", 262144, 1);
	volume_bucket(&t, "flush", 524288, 4);
	volume_bucket(&t, "flush", 1048576, 1);
	volume_bucket(&t, "flush", 4194304, 3);
	volume_bucket(&t, "flush", 8388608, 3);
	volume_bucket(&t, "flush", 16777216, 2);
	volume_bucket(&t, "read", 524288, 2);
	volume_bucket(&t, "read", 1048576, 9);
	volume_bucket(&t, "read", 2097152, 21);
	volume_bucket(&t, "read", 4194304, 20);
	volume_bucket(&t, "read", 8388608, 4);
	volume_bucket(&t, "write", 1048576, 2);
	volume_bucket(&t, "write", 2097152, 27);
	volume_bucket(&t, "write", 4194304, 1);
	check_sample(trial_print(&t), "\n", "perf-vol.txt", "\n");
	/* all since the start, again */
	check_sample(trial_print(&t), "\n", "perf-vol.txt", "\n");
	trial_free(&t);
}

static void perf_vol_compact_sorts_by_number_then_time(void)
{
	struct trial t = volume_trial("perf-vol");

	t.layout = LAYOUT_COMPACT;
	CHECK_STR(trial_print(&t), "");
	/* one slow flush; two IOs each of three kinds, of which B's is the fastest */
	IO(&t, "volume-flush-start", "volume-flush-done", 1024, .args = { 0, VOLUME_A });
	BUCKET(&t, "volume-read-start", "volume-read-done", 64, 2, .args = { 0, VOLUME_A });
	BUCKET(&t, "volume-writeunwritten-start", "volume-writeunwritten-done", 4, 2,
	       .args = { 0, VOLUME_B });
	CHECK_STR(trial_print(&t), UUID_A
		  "                flush        1\n\n" HEADER "             512 |" EMPTY " 0\n"
		  "            1024 |" FULL " 1\n"
		  "            2048 |" EMPTY " 0\n\n" UUID_B
		  "       writeunwritten        2\n\n" HEADER "               2 |" EMPTY " 0\n"
		  "               4 |" FULL " 2\n"
		  "               8 |" EMPTY " 0\n\n" UUID_A
		  "                 read        2\n\n" HEADER "              32 |" EMPTY " 0\n"
		  "              64 |" FULL " 2\n"
		  "             128 |" EMPTY " 0\n\n");
	trial_free(&t);
}

static void counters_of_volumes_are_told_apart(void)
{
	struct trial t = volume_trial("perf-vol");

	/* both volumes count from the same number, in one process */
	FIRE(&t, "volume-write-start", .time = 100, .args = { 1, VOLUME_A });
	FIRE(&t, "volume-write-start", .time = 101, .args = { 1, VOLUME_B });
	FIRE(&t, "volume-write-done", .time = 105, .args = { 1, VOLUME_B });
	FIRE(&t, "volume-write-done", .time = 132, .args = { 1, VOLUME_A });
	CHECK_STR(trial_print(&t), "\n  " UUID_B "                volume-write-done\n" ONE_4
				   "  " UUID_A "                volume-write-done\n" ONE_32);
	trial_free(&t);
}

static void names_of_volumes_can_do_no_harm(void)
{
	struct trial t = volume_trial("perf-vol");

	IO(&t, "volume-read-start", "volume-read-done", 5, .args = { 0, text_hash(volumes[2]) });
	/* one that is not known is shown as what it counts as */
	IO(&t, "volume-read-start", "volume-read-done", 40, .args = { 0, 0x1234 });
	CHECK(strchr(trial_print(&t), '\033') == NULL);
	CHECK(strstr(t.printed, "[2J") != NULL);
	CHECK(strstr(t.printed, "  text-0000000000001234  ") != NULL);
	t.layout = LAYOUT_COMPACT;
	CHECK(strchr(trial_print(&t), '\033') == NULL);
	t.options.summary = true;
	CHECK(strchr(trial_print(&t), '\033') == NULL);
	trial_free(&t);
}

static void perf_reqwest_tells_its_parent(void)
{
	struct trial t = volume_trial("perf-reqwest");

	IO(&t, "reqwest-read-start", "reqwest-read-done", 5, .args = { 0, VOLUME_B });
	CHECK_STR(trial_print(&t), "\n  " UUID_B "                reqwest-read\n" ONE_4);
	trial_free(&t);
}

static void perf_online_repair_has_its_name(void)
{
	struct trial t = trial_of("perf-online-repair", UP);

	IO(&t, "extent-or-start", "extent-or-done", 5);
	CHECK_STR(trial_print(&t), "\n  extent-repair\n" ONE_4);
	trial_free(&t);
}

/* What perf-live-repair prints of a job of client 1 that took 32 to 63 ns. */
#define REPAIR_OF(op, width) "\n  " op " for downstairs client" width "                1\n" ONE_32

static void live_repairs_are_measured_at_each_client(void)
{
	static const struct {
		const char *start, *dones[2], *want;
	} jobs[] = {
		{ "ds-close-start",
		  { "ds-close-done" },
		  REPAIR_OF("close", "                       ") },
		{ "ds-repair-start",
		  { "ds-repair-done" },
		  REPAIR_OF("repair", "                      ") },
		/* one answer fires both dones: it is nobody's second time */
		{ "ds-reopen-start",
		  { "ds-reopen-done", "ds-noop-done" },
		  REPAIR_OF("reopen", "                      ") },
		{ "ds-noop-start",
		  { "ds-reopen-done", "ds-noop-done" },
		  REPAIR_OF("noop", "                        ") },
		/* a client that is not under repair lets it pass */
		{ "ds-repair-start",
		  { "ds-reopen-done", "ds-noop-done" },
		  REPAIR_OF("noop", "                        ") },
	};

	for (size_t i = 0; i < NROWS(jobs); i++) {
		struct trial t = trial_of("perf-live-repair", UP);

		FIRE(&t, jobs[i].start, .time = 1000, .args = { 9, 1, 3 });
		for (int d = 0; d < 2 && jobs[i].dones[d]; d++)
			FIRE(&t, jobs[i].dones[d], .time = 1040, .args = { 9, 1 });
		CHECK_STR(trial_print(&t), jobs[i].want);
		trial_free(&t);
	}
}

static const struct test tests[] = {
	TEST(perfgw_prints_the_documents_samples),
	TEST(without_events_there_is_an_empty_line),
	TEST(perfgw_names_whole_operations),
	TEST(perf_ds_net_prints_the_documents_sample),
	TEST(perf_ds_client_has_barriers),
	TEST(clients_tell_whole_operations),
	TEST(clients_of_a_job_are_told_apart),
	TEST(three_parts_end_where_the_last_reply_was),
	TEST(old_builds_have_a_probe_there),
	TEST(without_replies_there_is_no_second_part),
	TEST(perf_vol_prints_the_documents_sample),
	TEST(perf_vol_compact_sorts_by_number_then_time),
	TEST(counters_of_volumes_are_told_apart),
	TEST(names_of_volumes_can_do_no_harm),
	TEST(perf_reqwest_tells_its_parent),
	TEST(perf_online_repair_has_its_name),
	TEST(live_repairs_are_measured_at_each_client),
};

TEST_MAIN("reports_upstairs")
