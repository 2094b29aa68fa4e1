// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "bio.h"
#include "events.h"

/* The operation of a bio, as in bpf/kernel.h (enum req_op in include/linux/blk_types.h). */
#define OP_MASK	   0xff
#define OP_READ	   0
#define OP_WRITE   1
#define OP_FLUSH   2
#define OP_DISCARD 3

static const char *const ops[WF_BIO_OPS] = {
	[WF_BIO_READ] = "read",	      [WF_BIO_WRITE] = "write", [WF_BIO_FLUSH] = "flush",
	[WF_BIO_DISCARD] = "discard", [WF_BIO_OTHER] = "other",
};

const char *wf_bio_name(unsigned op)
{
	return ops[op < WF_BIO_OPS ? op : WF_BIO_OTHER];
}

static enum wf_bio_op bio_op(const struct bio_record *r)
{
	switch (r->flags & OP_MASK) {
	case OP_READ:
		return WF_BIO_READ;
	case OP_WRITE:
		return r->flags & BIO_PREFLUSH && !r->bytes ? WF_BIO_FLUSH : WF_BIO_WRITE;
	case OP_FLUSH:
		return WF_BIO_FLUSH;
	case OP_DISCARD:
		return WF_BIO_DISCARD;
	}
	return WF_BIO_OTHER;
}

/*
 * Who of the kernel writes what: ext4 and ocfs2 have a thread for the journal of each file system,
 * btrfs one for its transactions, XFS work queues for its log; the latter's xfsaild writes back
 * what the log has, the work queue "writeback" what is in the page cache.
 */
static const struct {
	const char *begins; /* the name of a thread or work queue */
	enum wf_whose whose;
} threads[] = {
	{ "jbd2/", WF_BY_JOURNAL },	      { "xfs-cil", WF_BY_JOURNAL },
	{ "xfs-log", WF_BY_JOURNAL },	      { "xfs-sync", WF_BY_JOURNAL },
	{ "btrfs-transacti", WF_BY_JOURNAL }, { "xfsaild", WF_BY_WRITEBACK },
	{ "writeback", WF_BY_WRITEBACK },     { "kswapd", WF_BY_WRITEBACK },
};

static enum wf_whose kernel_whose(const char *name)
{
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		if (!strncmp(name, threads[i].begins, strlen(threads[i].begins)))
			return threads[i].whose;
	return WF_BY_KERNEL;
}

void wf_event_of_bio(struct wf_event *e, const struct bio_record *r, struct wf_account *account)
{
	*e = (struct wf_event){
		.time = r->done,
		.start = r->queued,
		.mark = r->flushed ? r->flushed : r->issued,
		.value = r->bytes,
		.tgid = r->tgid,
		.tid = r->tid,
		.sub = r->dev,
		.disk = r->disk,
		.error = r->error,
		.verb = WF_DISK,
		.what = bio_op(r),
		.whose = WF_BY_OTHERS,
	};
	if (r->by == BIO_BY_PROCESS)
		return;
	/* an idle worker has no queue: its own name is as good as none */
	const char *name = r->by == BIO_BY_KTHREAD ? r->comm : *r->work ? r->work : "kworker";

	e->whose = kernel_whose(name);
	e->name = wf_account_name(account, name);
}
