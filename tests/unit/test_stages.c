// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of stages: its rules against the list of Crucible's probes (which is the stand-in's),
 * what they make of a stream of hits, and how stages are asked for and called by name.
 */
#include <errno.h>
#include <stdlib.h>

#include "compare/stages.h"
#include "core/fold_table.h"
#include "core/signature.h"
#include "core/snapshot.h"
#include "test.h"

#define UP   "crucible_upstairs"
#define DOWN "crucible_downstairs"

static const struct {
	const char *provider, *probe;
} probes[] = {
#define PROBE(provider, symbol, name, shape) { #provider, name },
#include "../sim/probes.def"
};

static bool is_probe(const struct probe_rule *rule)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (!strcmp(probes[i].provider, rule->provider) &&
		    !strcmp(probes[i].probe, rule->probe))
			return true;
	return false;
}

/* --- the table --- */

static void every_stage_has_a_name_of_its_own(void)
{
	/* nine at the gateway, 4 queued, 4 over the network, 4 jobs in a downstairs and 3 parts of
	 * each, 11 of extents */
	CHECK_INT(nstages, 44);
	for (int i = 0; i < nstages; i++) {
		CHECK(stages[i].name && *stages[i].name && !strchr(stages[i].name, '['));
		CHECK(stages[i].text && *stages[i].text);
		CHECK(stages[i].depth < STAGE_DISK);
		for (int j = 0; j < i; j++)
			CHECK(strcmp(stages[i].name, stages[j].name) != 0);
	}
}

static void every_stage_has_a_start_and_a_done(void)
{
	int starts[64] = { 0 }, dones[64] = { 0 };

	for (const struct probe_rule *rule = stage_rules; rule->provider; rule++) {
		const struct fold_rule *fold = &rule->fold;

		CHECK(fold->pair < nstages);
		CHECK(fold->verb == FOLD_START || fold->verb == FOLD_DONE);
		if (fold->verb == FOLD_START) {
			starts[fold->pair]++;
			continue;
		}
		dones[fold->pair]++;
		CHECK_INT(fold->group, fold->pair);
		CHECK_INT(fold->by, stages[fold->pair].by_client ? 1 : FOLD_FROM_NONE);
	}
	for (int i = 0; i < nstages; i++)
		CHECK(starts[i] == 1 && dones[i] == 1);
}

static void a_site_has_room_for_a_probes_rules(void)
{
	CHECK(plan_most_rules(stage_rules) <= USDT_MAX_RULES);
}

static bool argument_is(const struct probe_rule *rule, int n, const char *name)
{
	const struct signature *s = signature_find(rule->provider, rule->probe);
	int len;
	const char *text = signature_name(s, n, &len);

	return strlen(name) == (size_t)len && !strncmp(text, name, len);
}

/* A job's number comes first; where a job has parts, they are told apart by the next argument. */
static void every_probe_exists_and_has_the_arguments_of_its_key(void)
{
	for (const struct probe_rule *rule = stage_rules; rule->provider; rule++) {
		bool extent = !strncmp(rule->probe, "extent-", 7);
		bool net = strstr(rule->probe, "-net-");

		if (!is_probe(rule) || signature_gone(rule->provider, rule->probe))
			printf("# no probe %s:%s\n", rule->provider, rule->probe);
		CHECK(is_probe(rule) && !signature_gone(rule->provider, rule->probe));
		CHECK_INT(rule->fold.job, 0);
		CHECK(argument_is(rule, 0, "job"));
		CHECK_INT(rule->fold.sub, extent || net ? 1 : FOLD_FROM_NONE);
		CHECK(!extent || argument_is(rule, 1, "extent"));
		CHECK(!net || argument_is(rule, 1, "client"));
	}
}

/* --- what becomes of hits --- */

static bool has_all(const void *arg, const char *provider, const char *probe)
{
	(void)arg;
	(void)provider;
	(void)probe;
	return true;
}

struct stream {
	struct fold_table *table;
	const struct probe_rule *rules;
};

static struct stream stream_of(const struct probe_rule *rules)
{
	struct stream s = { .rules = rules };

	s.table = fold_table__new(&(struct fold_table_options){ .nslots = 1024,
								.rows = nstages,
								.max_groups = nstages * 4 + 64,
								.max_spills = 64 });
	if (!s.table)
		exit(1);
	return s;
}

static void hit(struct stream *s, uint32_t tgid, const char *probe, uint64_t time, uint64_t job,
		uint64_t sub)
{
	struct fold_rule fold[USDT_MAX_RULES];
	struct fold_hit h = { .time = time, .tgid = tgid, .tid = tgid, .args = { job, sub } };
	int n = plan_probe_rules(s->rules, tgid == 1 ? UP : DOWN, probe, has_all, NULL, fold);

	if (n > 0)
		fold_table_hit(s->table, fold, USDT_MAX_RULES, &h);
}

/* How many durations a stage has, and what they are together; of one client, if it is split. */
static void check_stage(struct stream *s, const char *name, uint64_t by, uint64_t count,
			uint64_t sum)
{
	struct fold_tables tables = fold_table_tables(s->table);
	struct snapshot *now = snapshot__take(&tables);
	uint64_t got_count = 0, got_sum = 0;

	for (int i = 0; i < now->nrows; i++) {
		if (strcmp(stages[now->rows[i].row].name, name) || now->rows[i].by != by)
			continue;
		got_count += now->rows[i].count;
		got_sum += now->rows[i].sum;
	}
	if (got_count != count || got_sum != sum)
		printf("# stage %s, client %" PRIu64 ":\n", name, by);
	CHECK_INT(got_count, count);
	CHECK_INT(got_sum, sum);
	snapshot__free(now);
}

static void check_losses(struct stream *s, uint64_t want)
{
	struct fold_tables tables = fold_table_tables(s->table);
	uint64_t sum = 0;

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		sum += tables.losses[i];
	CHECK_INT(sum, want);
}

/* A job of a downstairs from `at` on: 5 until the files, 30 in them, 2 behind. */
static void downstairs_job(struct stream *s, uint32_t tgid, const char *op, uint64_t at,
			   uint64_t job)
{
	static const char *const probes_of[] = { "submit-%s-start", "os-%s-start", "os-%s-done",
						 "submit-%s-done" };
	static const uint64_t times[] = { 0, 5, 35, 37 };
	char probe[64];

	for (int i = 0; i < 4; i++) {
		snprintf(probe, sizeof(probe), probes_of[i], op);
		hit(s, tgid, probe, at + times[i], job, 0);
	}
}

/* An IO as Crucible does it: three clients, the gateway is done with the second. */
static void guest_io(struct stream *s, const char *op, const char *down_op, uint64_t job)
{
	char probe[64];

	snprintf(probe, sizeof(probe), "gw-%s-start", op);
	hit(s, 1, probe, 1000, job, 0);
	snprintf(probe, sizeof(probe), "up-to-ds-%s-start", op);
	hit(s, 1, probe, 1007, job, 0);
	snprintf(probe, sizeof(probe), "ds-%s-net-start", op);
	for (uint64_t client = 0; client < 3; client++)
		hit(s, 1, probe, 1010 + client, job, client);
	for (uint32_t client = 0; client < 3; client++)
		downstairs_job(s, 10 + client, down_op, 1020, job);
	snprintf(probe, sizeof(probe), "ds-%s-net-done", op);
	hit(s, 1, probe, 1100, job, 2);
	hit(s, 1, probe, 1110, job, 0);
	snprintf(probe, sizeof(probe), "gw-%s-done", op);
	hit(s, 1, probe, 1111, job, 0);
	snprintf(probe, sizeof(probe), "ds-%s-net-done", op);
	hit(s, 1, probe, 1301, job, 1);
}

static const char *const ops[] = { "read", "write", "write-unwritten", "flush" };
static const char *const down_ops[] = { "read", "write", "writeunwritten", "flush" };

static void an_io_gives_each_of_its_stages_its_time(void)
{
	for (int i = 0; i < 4; i++) {
		static const struct {
			const char *form;
			uint64_t by, count, sum;
		} want[] = {
			{ "guest-%s", 0, 1, 111 },
			{ "to-downstairs-%s", 0, 1, 7 },
			{ "net-%s", 0, 1, 100 },
			{ "net-%s", 1, 1, 290 },
			{ "net-%s", 2, 1, 88 },
			{ "downstairs-%s", 0, 3, 111 },
			{ "downstairs-%s-queue", 0, 3, 15 },
			{ "downstairs-%s-os", 0, 3, 90 },
			{ "downstairs-%s-ack", 0, 3, 6 },
		};
		struct stream s = stream_of(stage_rules);
		char name[64];

		guest_io(&s, ops[i], down_ops[i], 1001);
		for (size_t w = 0; w < sizeof(want) / sizeof(want[0]); w++) {
			snprintf(name, sizeof(name), want[w].form, ops[i]);
			check_stage(&s, name, want[w].by, want[w].count, want[w].sum);
		}
		check_losses(&s, 0);
		fold_table__free(s.table);
	}
}

/* What has no other stage in it: two extents of a job at the same time. */
static void extents_of_a_job_are_told_apart(void)
{
	static const char *const steps[] = {
		"flush", "flush-file", "flush-collect-hashes", "flush-sqlite-insert",
		"write", "write-file", "write-get-hashes",     "write-sqlite-insert",
		"read",	 "read-file",  "read-get-contexts",
	};
	struct stream s = stream_of(stage_rules);
	char probe[64], name[64];

	for (int i = 0; i < 11; i++) {
		snprintf(probe, sizeof(probe), "extent-%s-start", steps[i]);
		hit(&s, 10, probe, 100, 7, 3);
		hit(&s, 10, probe, 110, 7, 4);
		snprintf(probe, sizeof(probe), "extent-%s-done", steps[i]);
		hit(&s, 10, probe, 150, 7, 3);
		hit(&s, 10, probe, 200, 7, 4);
		snprintf(name, sizeof(name), "extent-%s", steps[i]);
		check_stage(&s, name, 0, 2, 140);
	}
	check_losses(&s, 0);
	fold_table__free(s.table);
}

static void jobs_of_live_repair_are_the_guests_depth(void)
{
	static const char *const repairs[] = { "barrier", "noop", "close", "repair", "reopen" };
	struct stream s = stream_of(stage_rules);
	char probe[64], name[64];

	for (int i = 0; i < 5; i++) {
		snprintf(probe, sizeof(probe), "gw-%s-start", repairs[i]);
		hit(&s, 1, probe, 100, 7, 3);
		snprintf(probe, sizeof(probe), "gw-%s-done", repairs[i]);
		hit(&s, 1, probe, 123, 7, 3);
		snprintf(name, sizeof(name), "guest-%s", repairs[i]);
		check_stage(&s, name, 0, 1, 23);
		CHECK_INT(stage_depth_of(name), STAGE_GUEST);
	}
	fold_table__free(s.table);
}

/* --- those that are asked for --- */

static int count_rules(const struct probe_rule *rules)
{
	int n = 0;

	while (rules && rules[n].provider)
		n++;
	return n;
}

static void check_patterns(const char *const *patterns, int n, int want)
{
	struct probe_rule *rules = stage_rules_of(patterns, n);

	CHECK_INT(count_rules(rules), want);
	free(rules);
}

static void patterns_choose_stages(void)
{
	static const char *const nets[] = { "net-*" };
	static const char *const two[] = { "guest-write", "extent-flush-file" };
	static const char *const parts[] = { "downstairs-*-os" };

	CHECK_INT(count_rules(stage_rules), 2 * nstages);
	check_patterns(NULL, 0, 2 * nstages);
	check_patterns(nets, 1, 8);
	check_patterns(two, 2, 4);
	check_patterns(parts, 1, 8);
}

static void a_pattern_without_a_stage_is_told(void)
{
	static const char *const none[] = { "nosuch-*" }, *const disks[] = { "disk-*" };

	errno = 0;
	CHECK(!stage_rules_of(none, 1) && errno == ENOENT);
	errno = 0;
	CHECK(!stage_rules_of(disks, 1) && errno == ENOENT);
	CHECK(!stage_matches("nosuch-*"));
	CHECK(stage_matches("disk-*") && stage_matches("disk-discard-queued"));
	CHECK(!stage_matches("disk-*-bytes"));
	CHECK(stage_matches("guest-w*"));
}

/* Of a run with some stages others have nothing, though their probes are in use. */
static void stages_that_are_not_wanted_stay_empty(void)
{
	static const char *const patterns[] = { "downstairs-write" };
	struct probe_rule *rules = stage_rules_of(patterns, 1);
	struct stream s = stream_of(rules);

	downstairs_job(&s, 10, "write", 1000, 7);
	check_stage(&s, "downstairs-write", 0, 1, 37);
	check_stage(&s, "downstairs-write-queue", 0, 0, 0);
	check_stage(&s, "downstairs-write-os", 0, 0, 0);
	check_losses(&s, 0);
	fold_table__free(s.table);
	free(rules);
}

/* --- names --- */

static void depths_go_by_the_name(void)
{
	static const struct {
		const char *name;
		enum stage_depth depth;
	} want[] = {
		{ "guest-write", STAGE_GUEST },
		{ "guest-write-unwritten", STAGE_GUEST },
		{ "to-downstairs-flush", STAGE_UPSTAIRS },
		{ "net-write[1]", STAGE_NETWORK },
		{ "net-write", STAGE_NETWORK },
		{ "downstairs-write-unwritten", STAGE_DOWNSTAIRS },
		{ "downstairs-write-unwritten-queue", STAGE_PART },
		{ "downstairs-read-os", STAGE_PART },
		{ "extent-flush", STAGE_EXTENT },
		{ "extent-flush-file", STAGE_EXTENT_STEP },
		{ "disk-write-device[vda]", STAGE_DISK },
		{ "disk-write-queued", STAGE_DISK },
		{ "of another version", STAGE_UNKNOWN },
		{ "", STAGE_UNKNOWN },
		{ "[", STAGE_UNKNOWN },
		{ "net-writ", STAGE_UNKNOWN },
		{ "disk-write-device-of-late", STAGE_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		CHECK_INT(stage_depth_of(want[i].name), want[i].depth);
	/* what is not known is not taken for a cause */
	CHECK(STAGE_UNKNOWN < STAGE_GUEST);
}

static void queues_wait(void)
{
	static const struct {
		const char *name;
		bool waits;
	} want[] = {
		{ "to-downstairs-write", true },
		{ "downstairs-write-queue", true },
		{ "downstairs-write-unwritten-queue", true },
		{ "disk-read-queued", true },
		{ "disk-read-queued[vda]", true },
		{ "guest-write", false },
		{ "net-write[1]", false },
		{ "downstairs-write", false },
		{ "downstairs-write-os", false },
		{ "downstairs-write-ack", false },
		{ "extent-write", false },
		{ "extent-write-file", false },
		{ "disk-read-device[vda]", false },
		{ "disk-read-device[my-queue]", false },
		{ "net-write[-queue]", false },
		{ "to-downstairs-of another version", false },
		{ "some-queue", false },
	};
	int waits = 0;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		CHECK_INT(stage_waits(want[i].name), want[i].waits);
	/* two for each of the four operations that go to a downstairs */
	for (int i = 0; i < nstages; i++)
		waits += stage_waits(stages[i].name);
	CHECK_INT(waits, 8);
}

static void texts_say_what_a_stage_is_of(void)
{
	char text[256], small[8];

	CHECK_STR(stage_text("net-write[1]", text, sizeof(text)),
		  "a write over the network to its downstairs and back, of client 1");
	CHECK_STR(stage_text("net-write", text, sizeof(text)),
		  "a write over the network to its downstairs and back");
	CHECK_STR(stage_text("disk-write-queued[vda]", text, sizeof(text)),
		  "a write queued for a disk: vda");
	CHECK_STR(stage_text("disk-zeroes-device[cciss/c0d0]", text, sizeof(text)),
		  "a write of zeroes at a disk: cciss/c0d0");
	CHECK_STR(stage_text("disk-flush-device", text, sizeof(text)), "a flush at a disk");
	CHECK_STR(stage_text("of another version", text, sizeof(text)), "of another version");
	CHECK_STR(stage_text("disk-write-device[", text, sizeof(text)), "a write at a disk");
	CHECK_STR(stage_text("disk-write-device[]", text, sizeof(text)), "a write at a disk");
	CHECK_STR(stage_text("", text, sizeof(text)), "");
	CHECK_STR(stage_text("guest-write", small, sizeof(small)), "a write");
}

static void disks_stages_have_names(void)
{
	char name[64];

	CHECK_STR(stage_disk_name(BLOCK_READ, BLOCK_QUEUED, NULL, name, sizeof(name)),
		  "disk-read-queued");
	CHECK_STR(stage_disk_name(BLOCK_FLUSH, BLOCK_ISSUED, "vda", name, sizeof(name)),
		  "disk-flush-device[vda]");
	CHECK_STR(stage_disk_name(BLOCK_ZEROES, BLOCK_ISSUED, "7:0", name, sizeof(name)),
		  "disk-zeroes-device[7:0]");
	CHECK_STR(stage_disk_name(BLOCK_OTHER, BLOCK_QUEUED, "vda", name, 8), "disk-ot");
}

static const struct test tests[] = {
	TEST(every_stage_has_a_name_of_its_own),
	TEST(every_stage_has_a_start_and_a_done),
	TEST(a_site_has_room_for_a_probes_rules),
	TEST(every_probe_exists_and_has_the_arguments_of_its_key),
	TEST(an_io_gives_each_of_its_stages_its_time),
	TEST(extents_of_a_job_are_told_apart),
	TEST(jobs_of_live_repair_are_the_guests_depth),
	TEST(patterns_choose_stages),
	TEST(a_pattern_without_a_stage_is_told),
	TEST(stages_that_are_not_wanted_stay_empty),
	TEST(depths_go_by_the_name),
	TEST(queues_wait),
	TEST(texts_say_what_a_stage_is_of),
	TEST(disks_stages_have_names),
};

TEST_MAIN("stages")
