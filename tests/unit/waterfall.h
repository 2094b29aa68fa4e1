/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams by hand for the waterfall's tests. Times are microseconds; hits, calls and I/Os are added
 * in any order, and gone through as a run does.
 */
#ifndef ASSAY_TEST_WATERFALL_H
#define ASSAY_TEST_WATERFALL_H

#include <stdlib.h>

#include "bio.h"
#include "test.h"
#include "waterfall/draw.h"
#include "waterfall/model.h"
#include "waterfall/slowest.h"
#include "waterfall/table.h"

#define US    1000ULL
#define ZERO  1000000000ULL /* ns: when it begins */

#define DOWN1 7 /* processes */
#define DOWN2 8
#define DOWN3 9
#define GUEST 5

/* bpf/syscalls.h and bpf/bio.h can't both be had */
enum { CALL_READ = 0, CALL_WRITE = 1, CALL_FSYNC = 3 };

#define DISK 0x0fe00000u /* 254:0 */

struct stream {
	struct wf_account *account;
	struct wf_model *model;
	struct wf_stages stages;
	struct wf_slowest slowest;
	uint64_t done, unfinished; /* jobs handed out */
	char *text;
	size_t size;
};

static inline void stream_done(void *arg, struct wf_job *job)
{
	struct stream *s = arg;

	s->done++;
	wf_stages_add(&s->stages, job);
}

static inline bool stream_picture(void *arg, struct wf_job *job)
{
	struct stream *s = arg;

	return wf_slowest_take(&s->slowest, s->model, job, true);
}

static inline bool stream_unfinished(void *arg, struct wf_job *job)
{
	struct stream *s = arg;

	s->unfinished++;
	return wf_slowest_take(&s->slowest, s->model, job, false);
}

/* Draws the `slowest` so many. */
static inline void stream_init(struct stream *s, uint32_t slowest)
{
	struct wf_handlers handlers = { .done = stream_done,
					.picture = slowest ? stream_picture : NULL,
					.unfinished = stream_unfinished,
					.arg = s };

	memset(s, 0, sizeof(*s));
	s->account = wf_account__new();
	s->model = s->account ? wf_model__new(&handlers, s->account) : NULL;
	if (!s->model)
		exit(1);
	s->slowest.most = slowest;
	wf_model_process(s->model, DOWN1);
	wf_model_process(s->model, DOWN2);
	wf_model_process(s->model, DOWN3);
}

static inline void stream_free(struct stream *s)
{
	wf_slowest_clear(&s->slowest, s->model);
	wf_model__free(s->model);
	wf_account__free(s->account);
	wf_stages_free(&s->stages);
	free(s->text);
}

static inline void stream_hit(struct stream *s, uint32_t tgid, uint32_t tid, uint64_t us,
			      const char *probe, uint64_t job, uint64_t sub)
{
	struct hit_probe p = { .name = probe,
			       .provider = tgid == GUEST ? WF_UP : WF_DOWN,
			       .nargs = 2 };
	struct hit hit = { .time = ZERO + us * US, .tgid = tgid, .tid = tid, .args = { job, sub } };
	struct wf_probe what = wf_probe_of(&p);
	struct wf_event event;

	CHECK(what.verb != WF_NOTHING);
	wf_event_of_hit(&event, what, &hit);
	wf_model_add(s->model, &event);
}
#define HIT(s, tgid, tid, us, probe, job)	   stream_hit(s, tgid, tid, us, probe, job, 0)
#define HIT_SUB(s, tgid, tid, us, probe, job, sub) stream_hit(s, tgid, tid, us, probe, job, sub)

/* A system call on the first partition of DISK. */
static inline void stream_call(struct stream *s, uint32_t tgid, uint32_t tid, uint64_t start,
			       uint64_t end, unsigned op, int64_t result)
{
	struct wf_event event = { .time = ZERO + end * US,
				  .start = ZERO + start * US,
				  .value = (uint64_t)result,
				  .tgid = tgid,
				  .tid = tid,
				  .sub = DISK + 1,
				  .verb = WF_SYSCALL,
				  .what = op };

	wf_model_add(s->model, &event);
}

/* A write of 4 KiB to it; `issued` 0: that was not seen. */
static inline struct bio_record stream_bio_record(uint64_t queued, uint64_t issued, uint64_t done)
{
	return (struct bio_record){ .queued = ZERO + queued * US,
				    .issued = issued ? ZERO + issued * US : 0,
				    .done = ZERO + done * US,
				    .bytes = 4096,
				    .dev = DISK + 1,
				    .disk = DISK,
				    .flags = 1,
				    .by = BIO_BY_PROCESS };
}

static inline void stream_bio_add(struct stream *s, const struct bio_record *record)
{
	struct wf_event event;

	wf_event_of_bio(&event, record, s->account);
	wf_model_add(s->model, &event);
}

static inline void stream_bio(struct stream *s, uint32_t tgid, uint32_t tid, uint64_t queued,
			      uint64_t issued, uint64_t done)
{
	struct bio_record record = stream_bio_record(queued, issued, done);

	record.tgid = tgid;
	record.tid = tid;
	stream_bio_add(s, &record);
}

/* The same by a thread of the kernel, or (`work`) one of a work queue. */
static inline void stream_kernel_bio(struct stream *s, const char *comm, const char *work,
				     uint64_t queued, uint64_t issued, uint64_t done)
{
	struct bio_record record = stream_bio_record(queued, issued, done);

	record.tgid = record.tid = 2;
	record.by = work ? BIO_BY_WORKER : BIO_BY_KTHREAD;
	snprintf(record.comm, sizeof(record.comm), "%s", comm);
	snprintf(record.work, sizeof(record.work), "%s", work ? work : "");
	stream_bio_add(s, &record);
}

/* All up to that moment has come. */
static inline void stream_apply(struct stream *s, uint64_t us)
{
	wf_model_apply(s->model, ZERO + us * US);
}

static inline void stream_finish(struct stream *s)
{
	wf_model_finish(s->model);
}

/* --- what came of it --- */

static inline const struct wf_stage *stage_step(const struct wf_stage *stage, const char *name,
						size_t len)
{
	char text[128];

	for (; stage; stage = stage->next)
		if (stage->times.count && strlen(wf_stage_name(stage, text, sizeof(text))) == len &&
		    !strncmp(text, name, len))
			return stage;
	return NULL;
}

/* The stage "submit-write/os-write/extent-write"; NULL: there is none. */
static inline const struct wf_stage *stage_of(const struct stream *s, const char *path)
{
	const struct wf_stage *stage = NULL, *inside = s->stages.roots;

	for (;; path++) {
		size_t len = strcspn(path, "/");

		stage = stage_step(inside, path, len);
		path += len;
		if (!stage || !*path)
			return stage;
		inside = stage->inside;
	}
}

static inline long long stage_count(const struct stream *s, const char *path)
{
	const struct wf_stage *stage = stage_of(s, path);

	return stage ? (long long)stage->times.count : -1;
}

/* us: its part of the jobs' time, and what of that nothing inside of it has */
static inline double stage_wall(const struct stream *s, const char *path)
{
	const struct wf_stage *stage = stage_of(s, path);

	return stage ? stage->wall / US : -1;
}

static inline double stage_other(const struct stream *s, const char *path)
{
	const struct wf_stage *stage = stage_of(s, path);

	return stage ? stage->self / US : -1;
}

/* us, of all that were in it, undivided */
static inline double stage_sum(const struct stream *s, const char *path)
{
	const struct wf_stage *stage = stage_of(s, path);

	return stage ? (double)stage->times.sum / US : -1;
}

#define CHECK_US(got, want)                                                                     \
	do {                                                                                    \
		double got_ = (got), want_ = (want);                                            \
		if (got_ - want_ > 0.002 || want_ - got_ > 0.002) {                             \
			printf("# %s:%d: %s is %.3f us, want %.3f\n", __FILE__, __LINE__, #got, \
			       got_, want_);                                                    \
			test_failed = 1;                                                        \
		}                                                                               \
	} while (0)

#define CHECK_STAGE(s, path, count, wall)               \
	do {                                            \
		CHECK_INT(stage_count(s, path), count); \
		CHECK_US(stage_wall(s, path), wall);    \
	} while (0)

static inline uint64_t io_count(const struct stream *s, enum wf_whose whose)
{
	uint64_t n = 0;

	for (int i = 0; i < s->account->nrows; i++)
		if (s->account->rows[i].whose == whose)
			n += s->account->rows[i].times.count;
	return n;
}

/* All parts of each stage add up to it: returns the number of stages. */
static inline int check_sums(const struct wf_stage *stage)
{
	int n = 0;

	for (; stage; stage = stage->next) {
		double sum = stage->self;

		for (const struct wf_stage *inside = stage->inside; inside; inside = inside->next)
			sum += inside->wall;
		CHECK_US(sum / US, stage->wall / US);
		CHECK(stage->self > -2 && stage->wall > -2);
		n += 1 + check_sums(stage->inside);
	}
	return n;
}

static inline const char *stream_process(void *arg, uint32_t tgid)
{
	(void)arg;
	return tgid == GUEST ? "crutest" : "crucible-downst";
}

static inline const char *stream_device(void *arg, uint32_t dev)
{
	(void)arg;
	return dev == DISK + 1 ? "vda1" : "vda";
}

/* The table, and the jobs that are drawn. */
static inline const char *stream_print(struct stream *s, bool json, int width)
{
	struct render render = { .report = "waterfall", .json = json };
	struct wf_drawing drawing = { .render = &render,
				      .width = width,
				      .process = stream_process,
				      .device = stream_device };

	free(s->text);
	s->text = NULL;
	render.out = open_memstream(&s->text, &s->size);
	if (width) {
		for (uint32_t i = 0; i < s->slowest.n; i++)
			wf_draw(&drawing, s->slowest.jobs[i]);
		for (uint32_t i = 0; i < s->slowest.nsame; i++)
			wf_draw(&drawing, s->slowest.same[i]);
	} else {
		wf_table_print(&render, &s->stages, s->account, wf_model_under_way(s->model));
	}
	fclose(render.out);
	return s->text;
}

#endif
