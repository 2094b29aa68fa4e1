// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces for Perfetto: names, order, lanes, flows and counts, compared as text (perfetto_read.h).
 */
#include "perfetto_read.h"

/* Both probes of a pair, each with `n` arguments. */
#define PAIR(name, n) name "-start/" #n " " name "-done/" #n " "
#define GATEWAY(op)   PAIR("up:gw-" op, 1)
#define CLIENT(op)    PAIR("up:ds-" op "-client", 2)
#define NET(op)	      PAIR("up:ds-" op "-net", 2)
#define SUBMIT(op)    PAIR("down:submit-" op, 1)
#define WORK	      PAIR("down:work", 1) "down:work-process/1 "
#define VOLUME_READ   "up:volume-read-start/2t up:volume-read-done/2t "

static void way_of_an_io(void)
{
	begin(VOLUME_READ GATEWAY("read") "up:up-to-ds-read-start/1 " CLIENT("read") NET("read"));
	play("0 7 name crutest\n"
	     "90 7 volume-read-start 5 {\"ok\":\"0b5e-77\"}\n"
	     "100 7 gw-read-start 1000\n"
	     "101 7 up-to-ds-read-start 1000\n"
	     "102 7 ds-read-client-start 1000 1\n"
	     "105 7 ds-read-net-start 1000 1\n"
	     "150 7 ds-read-net-done 1000 1\n"
	     "151 7 ds-read-client-done 1000 1\n"
	     "152 7 gw-read-done 1000\n"
	     "160 7 volume-read-done 5 {\"ok\":\"0b5e-77\"}\n");
	CHECK_STR(finish(200),
		  "process 7 crutest\n"
		  "90 7/crucible_upstairs/volume begin read counter=5 uuid=0b5e-77\n"
		  "100 7/crucible_upstairs/gateway begin read job=1000 ~3 ~4 ~5\n"
		  "101 7/crucible_upstairs/to downstairs instant up-to-ds-read-start job=1000\n"
		  "102 7/crucible_upstairs/client 1 begin read job=1000 client=1\n"
		  "105 7/crucible_upstairs/client 1 net begin read job=1000 client=1 ~4\n"
		  "150 7/crucible_upstairs/client 1 net end\n"
		  "151 7/crucible_upstairs/client 1 end\n"
		  "152 7/crucible_upstairs/gateway end\n"
		  "160 7/crucible_upstairs/volume end\n");
	CHECK_INT(stats.slices, 4);
	CHECK_INT(stats.instants, 1);
	CHECK_INT(stats.unfinished + stats.orphans + stats.ambiguous + stats.cut, 0);
}

static void way_of_a_job(void)
{
	begin(SUBMIT("write") WORK PAIR("down:os-write", 1) PAIR("down:extent-write", 3) PAIR(
		"down:extent-write-file",
		3) "down:extent-flush-start/3 down:extent-flush-done/2 "
		   "down:extent-context-truncate-start/1 down:extent-context-truncate-done/0 "
		   "down:extent-flush-collect-hashes-start/2 down:extent-flush-collect-hashes-done/3");
	play("10 8 submit-write-start 1\n"
	     "20 8 work-start 1\n"
	     "30 8 work-process 1\n"
	     "31 8 os-write-start 1\n"
	     "32 8.9 extent-write-start 1 4 16\n"
	     "33 8.9 extent-write-file-start 1 4 16\n"
	     "34 8.9 extent-write-file-done 1 4 16\n"
	     "35 8.9 extent-write-done 1 4 16\n"
	     "36 8 os-write-done 1\n"
	     "37 8 submit-write-done 1\n"
	     "40 8 work-done 1\n"
	     "50 8.9 extent-flush-start 2 4 3\n"
	     "51 8.9 extent-context-truncate-start 77\n"
	     "52 8.9 extent-context-truncate-done\n"
	     "53 8.9 extent-flush-collect-hashes-start 2 4\n"
	     "54 8.9 extent-flush-collect-hashes-done 2 4 99\n"
	     "55 8.9 extent-flush-done 2 4\n");
	CHECK_STR(finish(60),
		  "process 8 \n"
		  "10 8/crucible_downstairs/submit begin write job=1\n"
		  "20 8/crucible_downstairs/work begin queued job=1\n"
		  "30 8/crucible_downstairs/work end\n"
		  "30 8/crucible_downstairs/work begin work job=1\n"
		  "31 8/crucible_downstairs/os begin write job=1\n"
		  "32 8/crucible_downstairs/extents/write begin write job=1 extent=4 blocks=16\n"
		  "33 8/crucible_downstairs/extents/write-file begin write-file job=1 extent=4 "
		  "blocks=16\n"
		  "34 8/crucible_downstairs/extents/write-file end\n"
		  "35 8/crucible_downstairs/extents/write end\n"
		  "36 8/crucible_downstairs/os end\n"
		  "37 8/crucible_downstairs/submit end\n"
		  "40 8/crucible_downstairs/work end\n"
		  "50 8/crucible_downstairs/extents/flush begin flush job=2 extent=4 dirty=3\n"
		  "51 8/crucible_downstairs/extents/context-truncate begin context-truncate "
		  "deletions=77\n"
		  "52 8/crucible_downstairs/extents/context-truncate end\n"
		  "53 8/crucible_downstairs/extents/flush-collect-hashes begin "
		  "flush-collect-hashes job=2 extent=4\n"
		  "54 8/crucible_downstairs/extents/flush-collect-hashes end rehashed=99\n"
		  "55 8/crucible_downstairs/extents/flush end\n");
	CHECK_INT(stats.flows_untraced, 1);
}

#define LIVE_REPAIR                                                           \
	"down:submit-el-flush-close-start/1 down:submit-el-reopen-start/1 "   \
	"down:submit-el-noop-start/1 down:submit-el-done/1 "                  \
	"down:submit-barrier-start/1 up:ds-close-start/3 up:ds-close-done/2 " \
	"up:gw-close-start/2 up:gw-close-done/2 "

static void live_repair_jobs(void)
{
	begin(SUBMIT("el-close") SUBMIT("el-repair") LIVE_REPAIR);
	play("1 8 submit-el-flush-close-start 1\n2 8 submit-el-close-done 1\n"
	     "3 8 submit-el-noop-start 2\n4 8 submit-el-done 2\n"
	     "5 8 submit-el-reopen-start 3\n6 8 submit-el-done 3\n"
	     "7 8 submit-el-repair-start 4\n8 8 submit-el-repair-done 4\n"
	     "9 8 submit-el-close-start 5\n10 8 submit-el-close-done 5\n"
	     "11 8 submit-barrier-start 6\n"
	     "12 7 gw-close-start 9 3\n13 7 ds-close-start 9 2 3\n"
	     "14 7 ds-close-done 9 2\n15 7 gw-close-done 9 3\n");
	CHECK_STR(finish(20),
		  "process 8 \n"
		  "1 8/crucible_downstairs/submit begin flush-close job=1\n"
		  "2 8/crucible_downstairs/submit end\n"
		  "3 8/crucible_downstairs/submit begin noop job=2\n"
		  "4 8/crucible_downstairs/submit end\n"
		  "5 8/crucible_downstairs/submit begin reopen job=3\n"
		  "6 8/crucible_downstairs/submit end\n"
		  "7 8/crucible_downstairs/submit begin repair job=4\n"
		  "8 8/crucible_downstairs/submit end\n"
		  "9 8/crucible_downstairs/submit begin close job=5\n"
		  "10 8/crucible_downstairs/submit end\n"
		  "11 8/crucible_downstairs/submit instant submit-barrier-start job=6\n"
		  "process 7 \n"
		  "12 7/crucible_upstairs/gateway begin close job=9 extent=3 ~3 ~4 ~5\n"
		  "13 7/crucible_upstairs/client 2 begin close job=9 client=2 extent=3 ~5\n"
		  "14 7/crucible_upstairs/client 2 end\n"
		  "15 7/crucible_upstairs/gateway end\n");
}

static void lanes_keep_slices_apart(void)
{
	begin(GATEWAY("read") GATEWAY("write-unwritten"));
	play("1 7 gw-read-start 1\n2 7 gw-write-unwritten-start 2\n3 7 gw-read-start 3\n"
	     "4 7 gw-write-unwritten-done 2\n" /* lane 1 is free */
	     "5 7 gw-read-start 4\n6 7 gw-read-start 5\n7 7 gw-read-done 1\n"
	     "8 7 gw-read-done 3\n9 7 gw-read-start 6\n" /* lanes 0 and 2 are: the lowest */
	     "10 7 gw-read-done 6\n11 7 gw-read-done 5\n12 7 gw-read-done 4\n");
	CHECK_STR(finish(20), "process 7 \n"
			      "1 7/crucible_upstairs/gateway begin read job=1\n"
			      "2 7/crucible_upstairs/gateway.1 begin write-unwritten job=2\n"
			      "3 7/crucible_upstairs/gateway.2 begin read job=3\n"
			      "4 7/crucible_upstairs/gateway.1 end\n"
			      "5 7/crucible_upstairs/gateway.1 begin read job=4\n"
			      "6 7/crucible_upstairs/gateway.3 begin read job=5\n"
			      "7 7/crucible_upstairs/gateway end\n"
			      "8 7/crucible_upstairs/gateway.2 end\n"
			      "9 7/crucible_upstairs/gateway begin read job=6\n"
			      "10 7/crucible_upstairs/gateway end\n"
			      "11 7/crucible_upstairs/gateway.3 end\n"
			      "12 7/crucible_upstairs/gateway.1 end\n");
	CHECK_INT(stats.slices, 6);
}

static void crowded_track_drops_its_oldest(void)
{
	char line[80];

	begin(GATEWAY("read") "up:gw-flush-start/1");
	for (int i = 0; i < 4100; i++) {
		snprintf(line, sizeof(line), "%d 7 gw-read-start %d\n", 1000 + i, i);
		play(line);
	}
	play("5999 7 gw-flush-start 1\n" /* an instant drops none */
	     "6000 7 gw-read-done 3\n6001 7 gw-read-done 4\n");
	finish(7000);
	CHECK_INT(stats.slices, 4100);
	CHECK_INT(stats.crowded, 4);
	CHECK_INT(stats.orphans, 1);
	CHECK_INT(stats.unfinished, 4100 - 1);
	CHECK_INT(count(text, "5096 7/crucible_upstairs/gateway end unfinished\n"), 1);
}

static void what_is_open_at_the_end_is_unfinished(void)
{
	begin(GATEWAY("read") CLIENT("read"));
	play("0 7 name crutest\n1 7 gw-read-start 1\n2 7 ds-read-client-start 1 0\n"
	     "3 8 gw-read-start 1\n4 7 exit\n0 7 name other\n5 7 gw-read-start 1\n"
	     "6 7 gw-read-done 1\n7 9 exit\n");
	CHECK_STR(finish(9), "process 7 crutest\n"
			     "1 7/crucible_upstairs/gateway begin read job=1\n"
			     "2 7/crucible_upstairs/client 0 begin read job=1 client=0\n"
			     "process 8 \n"
			     "3 8/crucible_upstairs/gateway begin read job=1\n"
			     "4 7/crucible_upstairs/gateway end unfinished\n"
			     "4 7/crucible_upstairs/client 0 end unfinished\n"
			     "process 7 other\n" /* the pid again, another process */
			     "5 7/crucible_upstairs/gateway begin read job=1\n"
			     "6 7/crucible_upstairs/gateway end\n"
			     "9 8/crucible_upstairs/gateway end unfinished\n");
	CHECK_INT(stats.unfinished, 3);
	CHECK_INT(stats.crowded, 0);
}

static void orphans_are_counted_and_not_shown(void)
{
	begin(GATEWAY("read") WORK);
	play("1 7 gw-read-done 1\n2 7 gw-read-start 2\n3 8 gw-read-done 2\n"
	     "4 7 gw-read-done 2\n5 8 work-process 3\n6 8 work-done 3\n7 8 work-done 3\n");
	CHECK_STR(finish(9), "process 7 \n"
			     "2 7/crucible_upstairs/gateway begin read job=2\n"
			     "process 8 \n"
			     "4 7/crucible_upstairs/gateway end\n"
			     "5 8/crucible_downstairs/work begin work job=3\n"
			     "6 8/crucible_downstairs/work end\n");
	CHECK_INT(stats.orphans, 3);
	CHECK_INT(stats.unfinished, 0);
}

static void processes_do_not_end_each_others_slices(void)
{
	const char *at;
	char line[80];

	begin(GATEWAY("read"));
	for (int done = 0; done <= 1; done++) {
		for (int i = 0; i < 300 * 20; i++) {
			snprintf(line, sizeof(line), "%d %d gw-read-%s %d\n", done * 10000 + i,
				 1 + i % 300, done ? "done" : "start", i / 300);
			play(line);
		}
	}
	at = finish(20000);
	for (int i = 0; at && i < 300 * 20; i++) {
		snprintf(line, sizeof(line), "\n%d %d/", 10000 + i, 1 + i % 300);
		at = strstr(at, line);
	}
	CHECK(at != NULL);
	CHECK_INT(stats.orphans + stats.unfinished + stats.ambiguous, 0);
}

/* Sessions of one process have jobs of the same number. */
static void starts_of_one_key_end_oldest_first(void)
{
	begin(GATEWAY("read"));
	play("1 7 gw-read-start 1\n2 7 gw-read-start 1\n3 7 gw-read-done 1\n4 7 gw-read-done 1\n"
	     "11 7 gw-read-start 2\n12 7 gw-read-start 2\n13 7 gw-read-start 2\n"
	     "14 7 gw-read-start 2\n15 7 gw-read-start 2\n");
	finish(20);
	CHECK(strstr(text, "3 7/crucible_upstairs/gateway end\n"
			   "4 7/crucible_upstairs/gateway.1 end\n"));
	CHECK(strstr(text, "15 7/crucible_upstairs/gateway end unfinished\n"
			   "15 7/crucible_upstairs/gateway begin read job=2\n"));
	CHECK_INT(stats.ambiguous, 1);
	CHECK_INT(stats.unfinished, 5);
}

static void half_of_a_pair_is_an_instant(void)
{
	begin("up:gw-read-start/1 up:gw-write-done/1 down:work-start/1 down:work-process/1 "
	      "up:ds-ping-sent/2 up:up-apply/1 up:up-block-req-dropped/0 up:gw-write-deps/2 "
	      "xup:gw-read-done/1"); /* of another binary */
	play("1 7 gw-read-start 1\n2 7 gw-write-done 2\n3 7 work-start 3\n4 7 work-process 3\n"
	     "5 7 ds-ping-sent 9 1\n6 7 up-apply 4\n7 7 up-block-req-dropped\n"
	     "8 7 gw-write-deps 5 6\n9 7 ds-ping-sent 1 200\n");
	CHECK_STR(
		finish(9),
		"process 7 \n"
		"1 7/crucible_upstairs/gateway instant gw-read-start job=1\n"
		"2 7/crucible_upstairs/gateway instant gw-write-done job=2\n"
		"3 7/crucible_downstairs/work instant work-start job=3\n"
		"4 7/crucible_downstairs/work instant work-process job=3\n"
		"5 7/crucible_upstairs/client 1 instant ds-ping-sent counter=9 client=1\n"
		"6 7/crucible_upstairs/loop instant up-apply counter=4\n"
		"7 7/crucible_upstairs/loop instant up-block-req-dropped\n"
		"8 7/crucible_upstairs/write dependencies instant gw-write-deps active=5 "
		"dependencies=6\n"
		"9 7/crucible_upstairs/other clients instant ds-ping-sent counter=1 client=200\n");
	CHECK_INT(stats.slices, 0);
}

static void other_providers(void)
{
	begin("db:query-start/2 db:query-done/1 web:req-start/1t web:req-done/1t "
	      "py:call__entry/1 py:call__return/1 db:mark/1 gc:gc-begin/1 gc:gc-end/1");
	play("1 5.1 query-start 11 500\n2 5.1 query-start 12 600\n"
	     "3 5.2 query-done 12\n4 5.2 query-done 11\n" /* by the first argument */
	     "10 5.1 req-start /a\n11 5.2 req-start /b\n"
	     "12 5.1 req-done 200\n13 5.2 req-done 404\n" /* a text: by the thread */
	     "20 5.1 call__entry 1\n21 5.1 call__entry 2\n22 5.2 call__entry 3\n"
	     "23 5.1 call__return 0xffffffffffffffff\n24 5.1 call__return 1\n"
	     "25 5.2 call__return 0\n"
	     "30 5.3 gc-begin 0\n31 5.3 gc-end 77\n" /* no such start: by the thread */
	     "40 5.3 mark 8\n");
	CHECK_STR(finish(50), "process 5 \n"
			      "1 5/db/query begin query arg0=11 arg1=500 thread=1\n"
			      "2 5/db/query.1 begin query arg0=12 arg1=600 thread=1\n"
			      "3 5/db/query.1 end done_arg0=12\n"
			      "4 5/db/query end done_arg0=11\n"
			      "10 5/web/req begin req arg0=/a thread=1\n"
			      "11 5/web/req.1 begin req arg0=/b thread=2\n"
			      "12 5/web/req end done_arg0=200\n"
			      "13 5/web/req.1 end done_arg0=404\n"
			      "20 5/py/call begin call arg0=1 thread=1\n"
			      "21 5/py/call.1 begin call arg0=2 thread=1\n"
			      "22 5/py/call.2 begin call arg0=3 thread=2\n"
			      "23 5/py/call.1 end done_arg0=-1\n"
			      "24 5/py/call end done_arg0=1\n"
			      "25 5/py/call.2 end done_arg0=0\n"
			      "30 5/gc/gc begin gc arg0=0 thread=3\n"
			      "31 5/gc/gc end done_arg0=77\n"
			      "40 5/db/mark instant mark arg0=8 thread=3\n");
	CHECK_INT(stats.orphans, 0);
}

/* Once the first argument has fitted, a thread's start is not taken for another's. */
static void first_argument_is_not_guessed_twice(void)
{
	begin("db:query-start/1 db:query-done/1");
	play("1 5 query-start 1\n2 5 query-done 1\n3 5 query-start 2\n4 5 query-done 9\n"
	     "5 5 query-done 2\n");
	finish(9);
	CHECK_INT(stats.orphans, 1);
	CHECK(strstr(text, "3 5/db/query begin query arg0=2 thread=5\n5 5/db/query end"));
}

#define IO_PROBES GATEWAY("read") CLIENT("read") NET("read") SUBMIT("read")
#define PROCESSES "0 7 name up\n0 20 name d0\n0 21 name d1\n0 22 name d2\n"

/*
 * An IO of upstairs 7 with downstairs 20, 21, 22 of clients 0, 1, 2, which send and reply in turn,
 * `first` being the first to send.
 */
static void io(int time, int job, int first)
{
	static const struct {
		int at, client, pid;
		const char *probe;
	} steps[] = {
		{ 10, 0, 7, "ds-read-net-start" }, { 11, 0, 20, "submit-read-start" },
		{ 12, 1, 7, "ds-read-net-start" }, { 13, 1, 21, "submit-read-start" },
		{ 20, 0, 20, "submit-read-done" }, { 21, 0, 7, "ds-read-net-done" },
		{ 22, 2, 7, "ds-read-net-start" }, { 23, 2, 22, "submit-read-start" },
		{ 30, 1, 21, "submit-read-done" }, { 31, 1, 7, "ds-read-net-done" },
		{ 32, 2, 22, "submit-read-done" }, { 33, 2, 7, "ds-read-net-done" },
	};
	char line[80];

	snprintf(line, sizeof(line), "%d 7 gw-read-start %d\n", time, job);
	play(line);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int client = (steps[i].client + first) % 3;
		int pid = steps[i].pid == 7 ? 7 : 20 + client;

		snprintf(line, sizeof(line), "%d %d %s %d %d\n", time + steps[i].at, pid,
			 steps[i].probe, job, client);
		play(line);
	}
	snprintf(line, sizeof(line), "%d 7 gw-read-done %d\n", time + 34, job);
	play(line);
}

static void flows_reach_the_downstairs(void)
{
	begin(IO_PROBES);
	play(PROCESSES);
	for (int i = 0; i < 20; i++)
		io(1000 + 100 * i, i, i % 3);
	finish(9000);
	CHECK_INT(stats.flows + stats.flows_unsure, 60);
	CHECK(stats.flows >= 30);
	CHECK_INT(stats.flows_ambiguous + stats.flows_untraced, 0);
	/* job 18 has flows 57 to 59 */
	CHECK(strstr(text, "2800 7/crucible_upstairs/gateway begin read job=18 ~57 ~58 ~59\n"));
	CHECK(strstr(text, "2810 7/crucible_upstairs/client 0 net begin read job=18 client=0 ~57\n"
			   "2811 20/crucible_downstairs/submit begin read job=18 .57\n"
			   "2812 7/crucible_upstairs/client 1 net begin read job=18 client=1 ~58\n"
			   "2813 21/crucible_downstairs/submit begin read job=18 .58\n"));
	CHECK(strstr(text, "2822 7/crucible_upstairs/client 2 net begin read job=18 client=2 ~59\n"
			   "2823 22/crucible_downstairs/submit begin read job=18 .59\n"));
	/* none while it was not sure, and never one that is not the client's */
	CHECK(!strstr(text, "submit begin read job=0 ."));
	for (int job = 0; job < 20; job++) {
		for (int client = 0; client < 3; client++) {
			char flow[80];

			snprintf(flow, sizeof(flow), "submit begin read job=%d .%d\n", job,
				 3 + 3 * job + client);
			for (char *at = text; (at = strstr(at, flow)); at++)
				CHECK(!strncmp(at - strlen("2x/crucible_downstairs/") - 1,
					       (const char *[]){ " 20", " 21", " 22" }[client], 3));
		}
	}
}

/* A downstairs gets one that no upstairs on the trace sent: nothing is known of it any more. */
static void flows_are_unsure_again_after_a_strange_job(void)
{
	begin(IO_PROBES);
	play(PROCESSES);
	for (int i = 0; i < 20; i++)
		io(1000 + 100 * i, i, i % 3);
	play("3000 21 submit-read-start 777\n3001 21 submit-read-done 777\n");
	io(3100, 20, 0);
	play("3200 20 submit-read-start 777\n3201 20 submit-read-done 777\n"
	     "3202 21 submit-read-start 777\n3203 21 submit-read-done 777\n"
	     "3204 22 exit\n");
	io(3300, 21, 0);
	finish(9000);
	CHECK_INT(stats.flows_untraced, 3);
	CHECK(strstr(text, "20/crucible_downstairs/submit begin read job=20 .63\n"));
	/* yet the other two are known, so the third is */
	CHECK(strstr(text, "21/crucible_downstairs/submit begin read job=20 .64\n"));
	CHECK_INT(count(text, "submit begin read job=21\n"), 3);
}

static void no_flow_rather_than_a_wrong_one(void)
{
	begin(IO_PROBES);
	play(PROCESSES "0 8 name up2\n");
	for (int i = 0; i < 20; i++)
		io(1000 + 100 * i, i, i % 3);
	/* two upstairs */
	play("3000 8 ds-read-net-start 50 0\n");
	io(3010, 50, 0);
	play("3100 8 ds-read-net-done 50 0\n");
	CHECK_INT(perfetto_stats(perfetto)->flows_ambiguous, 3);
	/* two sessions of one */
	play("3200 7 gw-read-start 60\n");
	io(3210, 60, 0);
	play("3300 7 gw-read-done 60\n");
	CHECK_INT(perfetto_stats(perfetto)->flows_ambiguous, 6);
	/* sent a second time */
	play("3400 7 ds-read-net-start 70 0\n3401 7 ds-read-net-start 70 0\n"
	     "3402 20 submit-read-start 70\n");
	io(3500, 80, 0);
	finish(9000);
	CHECK_INT(stats.flows_ambiguous, 7);
	CHECK(strstr(text, "submit begin read job=50\n") && !strstr(text, "begin read job=50 ."));
	CHECK(strstr(text, "submit begin read job=60\n") && !strstr(text, "begin read job=60 ."));
	CHECK(!strstr(text, "begin read job=70 ."));
	CHECK(strstr(text, "20/crucible_downstairs/submit.1 begin read job=80 .75\n"));
}

/* The slowest client sends when the gateway and the other two are done. */
static void flow_of_a_late_client(void)
{
	begin(IO_PROBES);
	play("1 7 gw-read-start 1\n2 7 ds-read-client-start 1 0\n3 7 ds-read-client-start 1 2\n"
	     "4 7 ds-read-net-start 1 0\n5 7 ds-read-net-done 1 0\n6 7 gw-read-done 1\n"
	     "7 7 ds-read-client-done 1 0\n8 7 ds-read-net-start 1 2\n9 7 ds-read-net-done 1 2\n"
	     "10 7 ds-read-client-done 1 2\n11 7 gw-read-start 1\n12 7 gw-read-done 1\n");
	finish(20);
	CHECK(strstr(text, "8 7/crucible_upstairs/client 2 net begin read job=1 client=2 ~5\n"));
	/* a session later the same number is another job */
	CHECK(strstr(text, "11 7/crucible_upstairs/gateway begin read job=1 ~6 ~7 ~8\n"));
}

static void no_flows_without_the_network(void)
{
	begin(GATEWAY("read") CLIENT("read"));
	play("1 7 gw-read-start 1\n2 7 gw-read-done 1\n");
	finish(9);
	CHECK(!strchr(text, '~'));
}

/* --- texts and errors --- */

static void texts_are_made_fit(void)
{
	struct hit_probe probe = { .provider = "x\xff"
					       "y\n",
				   .name = "a\xc3\xa9\x1b",
				   .nargs = 2,
				   .texts = 3 };
	char *big = malloc(8001);
	struct hit hit = { .time = 1, .tgid = 1, .tid = 2, .text = { "b\xc3\x28\x07", big } };
	const char *cut;

	memset(big, 'z', 8000);
	memcpy(big, "\xc3\xa9", 2);
	big[8000] = '\0';
	begin("");
	CHECK_INT(perfetto_add_probe(perfetto, 0, &probe), 0);
	CHECK_INT(perfetto_add_process(perfetto, 1, "\xf0\x1b[2J"), 0);
	CHECK_INT(perfetto_add_hit(perfetto, &hit), 0);
	hit.text[1] = "short";
	hit.cut = 2;
	CHECK_INT(perfetto_add_hit(perfetto, &hit), 0);
	finish(9);
	CHECK(strstr(text, "1 1/x\\xffy\\x0a/aé\\x1b instant aé\\x1b arg0=b\\xc3(\\x07 arg1=éz"));
	CHECK(strstr(text, "process 1 \\xf0\\x1b[2J\n"));
	cut = strstr(text, "zz… thread=2\n");
	CHECK(cut != NULL);
	CHECK(count(text, "z") > 4000 && count(text, "z") < 4096);
	CHECK(strstr(text, " arg1=short… thread=2\n"));
	CHECK_INT(stats.cut, 2);
	free(big);
}

static void status_is_shown_plain(void)
{
	begin("up:up-status/2t");
	play("1 7 up-status 0 {\"ok\":{\"up_count\":3}}\n");
	finish(9);
	CHECK(strstr(text, "1 7/crucible_upstairs/status instant up-status kind=0 "
			   "status={\"up_count\":3}\n"));
}

static void late_hits_do_not_turn_time_back(void)
{
	begin(GATEWAY("read"));
	play("100 7 gw-read-start 1\n90 7 gw-read-done 1\n95 7 gw-read-start 2\n"
	     "110 7 gw-read-done 2\n");
	CHECK_STR(finish(50), "process 7 \n"
			      "100 7/crucible_upstairs/gateway begin read job=1\n"
			      "100 7/crucible_upstairs/gateway end\n"
			      "100 7/crucible_upstairs/gateway begin read job=2\n"
			      "110 7/crucible_upstairs/gateway end\n");
	CHECK_INT(stats.disordered, 2);
}

static void trace_of_nothing(void)
{
	struct hit_probe probe = { .provider = "p", .name = "n" };

	begin("p:n/0");
	play("5 7 nobody-knows 1\n");
	CHECK_INT(perfetto_add_probe(perfetto, 0, &probe), -EINVAL);
	CHECK_INT(perfetto_add_probe(perfetto, UINT32_MAX, &probe), -EINVAL);
	CHECK_INT(perfetto_add_probe(perfetto, 9, &probe), 0); /* a gap is no probe */
	CHECK_STR(finish(1234), "");
	CHECK_INT(now, 1234);
	CHECK_INT(stats.unknown, 1);
}

static void errors_of_the_stream_are_told(void)
{
	FILE *full = fopen("/dev/full", "w");
	struct hit_probe probe = { .provider = "p", .name = "n" };
	struct hit hit = { .time = 1 };
	struct perfetto *p;

	if (!full)
		SKIP("no /dev/full");
	setvbuf(full, NULL, _IONBF, 0);
	p = perfetto__new(full, 0);
	CHECK_INT(perfetto_add_probe(p, 0, &probe), 0);
	CHECK_INT(perfetto_add_hit(p, &hit), -ENOSPC);
	CHECK_INT(perfetto_add_hit(p, &hit), -ENOSPC);
	CHECK_INT(perfetto_close(p, 2), -ENOSPC);
	perfetto__free(p);
	fclose(full);
}

/* Left without an end: the memory goes all the same. */
static void freed_without_close(void)
{
	begin(IO_PROBES);
	play("1 7 gw-read-start 1\n2 7 ds-read-net-start 1 0\n");
	perfetto__free(perfetto);
	fclose(trace_file);
	perfetto__free(NULL);
}

static const struct test tests[] = {
	TEST(way_of_an_io),
	TEST(way_of_a_job),
	TEST(live_repair_jobs),
	TEST(lanes_keep_slices_apart),
	TEST(crowded_track_drops_its_oldest),
	TEST(what_is_open_at_the_end_is_unfinished),
	TEST(orphans_are_counted_and_not_shown),
	TEST(processes_do_not_end_each_others_slices),
	TEST(starts_of_one_key_end_oldest_first),
	TEST(half_of_a_pair_is_an_instant),
	TEST(other_providers),
	TEST(first_argument_is_not_guessed_twice),
	TEST(flows_reach_the_downstairs),
	TEST(flows_are_unsure_again_after_a_strange_job),
	TEST(no_flow_rather_than_a_wrong_one),
	TEST(flow_of_a_late_client),
	TEST(no_flows_without_the_network),
	TEST(texts_are_made_fit),
	TEST(status_is_shown_plain),
	TEST(late_hits_do_not_turn_time_back),
	TEST(trace_of_nothing),
	TEST(errors_of_the_stream_are_told),
	TEST(freed_without_close),
};

int main(void)
{
	int failed = test_main("perfetto", tests, sizeof(tests) / sizeof(tests[0]));

	free(text);
	free(trace);
	return failed;
}
