// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Behind the loop: all is stopped, what is known at the end is written, and it becomes a tarball.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "decode.h"
#include "flight.h"
#include "status.h"
#include "tarball.h"

/* --- a signal while it is being written --- */

/* What the handler needs: it may call next to nothing. */
static struct {
	char again[64], left[1024];
	volatile sig_atomic_t signals;
} ending;

/* The second signal of a run leaves it as it is. */
static void on_signal(int signo)
{
	const char *text = ending.signals++ ? ending.left : ending.again;

	(void)signo;
	if (write(STDERR_FILENO, text, strlen(text)) < 0) {
		/* nobody left to tell */
	}
	if (text == ending.again)
		return;
	unlink(LOCK_PATH);
	_exit(STATUS_FAILED);
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
#define NSIGNALS 3

static void await_signals(const struct flight *f)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	char path[900];
	sigset_t set;

	escape_copy(path, sizeof(path), f->folder->path);
	snprintf(ending.again, sizeof(ending.again),
		 "assay: it is being written; once more to leave it\n");
	snprintf(ending.left, sizeof(ending.left), "assay: left as it is: %s\n", path);
	ending.signals = f->signal != 0;
	sigemptyset(&set);
	for (int i = 0; i < NSIGNALS; i++) {
		struct sigaction old;

		if (!sigaction(signals[i], NULL, &old) && signals[i] == SIGHUP &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* There is nothing to leave as it is any more. */
static void forget_signals(void)
{
	for (int i = 0; i < NSIGNALS; i++) {
		struct sigaction action;

		if (!sigaction(signals[i], NULL, &action) && action.sa_handler == on_signal)
			signal(signals[i], SIG_DFL);
	}
}

/* --- what is known at the end --- */

static void write_count(FILE *f, const char *name, uint64_t n, const char *what)
{
	fprintf(f, "%-22s %12" PRIu64 "%s%s\n", name, n, *what ? "  " : "", what);
}

static void write_since(FILE *f, const char *name, uint64_t ns, const char *what)
{
	if (ns)
		fprintf(f, "%-22s %5" PRIu64 ".%06" PRIu64 "  seconds of the monotonic clock, %s\n",
			name, (uint64_t)(ns / NSEC_PER_SEC), (uint64_t)(ns % NSEC_PER_SEC / 1000),
			what);
}

static void write_events(FILE *out, struct flight *f)
{
	struct recorder_stats s;

	recorder_stats(f->recorder, &s);
	write_count(out, "tracepoints", s.tracepoints, "");
	write_count(out, "events recorded", s.events, "");
	write_count(out, "events lost", s.lost, "came faster than they could be taken");
	if (f->triggers > TRIGGERS_MAX)
		write_count(out, "triggers not noted", f->triggers - TRIGGERS_MAX,
			    "in event.log: too many");
	if (s.unwritten)
		write_count(out, "events not written", s.unwritten, "the disk took no more");
	if (s.nested_known)
		write_count(out, "events not seen", s.nested,
			    "in an interrupt that came in the midst of recording another");
	else
		fprintf(out, "%-22s %12s  %s\n", "events not seen", "?",
			"those in an interrupt that came in the midst of recording another");
	write_count(out, "events cut", s.truncated, "longer than a record can be");
	write_count(out, "events dropped", s.dropped_events,
		    "the oldest, for newer ones (--keep, --keep-time)");
	write_count(out, "events in trace.txt", f->text.events, "");
	if (f->text.odd)
		write_count(out, "  as numbers", f->text.odd,
			    "of a format that was not understood");
	write_since(out, "events since", s.oldest, "of some CPU");
	write_since(out, "all events since", s.whole_from ? s.whole_from : s.oldest,
		    "of every CPU");
}

static void write_probes(FILE *out, struct crucible *crucible)
{
	struct crucible_stats s;
	char losses[1024];

	crucible_stats(crucible, &s);
	write_count(out, "sites of probes", s.sites, "");
	if (s.keeps)
		write_count(out, "hits recorded", s.hits, "");
	write_count(out, "hits lost", s.lost, "came faster than they could be taken");
	if (s.keeps)
		write_count(out, "hits dropped", s.dropped,
			    "the oldest, for newer ones (--keep, --keep-time)");
	write_since(out, "hits since", s.oldest, "of probes");
	write_count(out, "statuses not read", s.unread, "too long, or no JSON");
	write_count(out, "programs not looked at", s.missed, "too many began at once");
	write_count(out, "probes left out", s.refused, "too many of them, or of pairs");
	if (*crucible_losses(crucible, losses, sizeof(losses)))
		fprintf(out, "durations: %s\n", losses);
}

static void write_others(FILE *out, struct flight *f)
{
	struct capture_stats packets;

	if (f->crucible)
		write_probes(out, f->crucible);
	if (f->capture) {
		capture_stats(f->capture, &packets);
		write_count(out, "packets", packets.packets,
			    "the last of them are in capture-0.pcap and capture-1.pcap");
		write_count(out, "packets lost", packets.dropped,
			    "came faster than they could be taken");
	}
	if (f->kmsg)
		write_count(out, "kernel lines lost", kmsg_lost(f->kmsg),
			    "overwritten before they could be read: a trigger may have been there");
	if (f->missing.text) {
		fputs("left out:\n", out);
		for (const char *s = f->missing.text; *s; s += strcspn(s, "\n") + 1) {
			fputs("  ", out);
			fprintf(out, "%.*s\n", (int)strcspn(s, "\n"), s);
		}
	}
}

/* A file of the folder that was begun at the start. NULL and errno. */
static FILE *reopen(const struct flight *f, const char *name)
{
	int fd = openat(f->folder->fd, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "a");

	if (!out && fd >= 0)
		close(fd);
	return out;
}

static int write_losses(struct flight *f)
{
	FILE *out = reopen(f, "assay.log");

	if (!out)
		return -errno;
	write_events(out, f);
	write_others(out, f);
	return folder_fclose(out);
}

static int write_finish(struct flight *f)
{
	FILE *out = reopen(f, "time.log");
	struct context_time now;

	if (!out)
		return -errno;
	context_now(&now);
	context_write_time(out, "FINISH", &now);
	return folder_fclose(out);
}

/* --- the trace --- */

static void failed(struct flight *f, const char *what, int err)
{
	char why[640];

	if (!err)
		return;
	snprintf(why, sizeof(why), "write %s to %s: %s", what, f->folder->path, err_name(err));
	flight_fail(f, why, err);
}

/* Nothing more comes; what has come is taken. */
static void stop(struct flight *f)
{
	char doing[512] = "", why[576];
	int n;

	/* first, as what follows takes its time: what is kept must not be pushed out meanwhile */
	recorder_stop(f->recorder);
	if (f->crucible)
		failed(f, "hits of probes", crucible_stop(f->crucible));
	flight_snapshot(f, "the end");
	do
		n = recorder_drain(f->recorder);
	while (n > 0);
	failed(f, "events", n < 0 ? n : 0);
	n = recorder_finish(f->recorder, doing, sizeof(doing));
	if (n) {
		snprintf(why, sizeof(why), "%s: %s", doing, err_name(n));
		flight_fail(f, why, n);
	}
	if (!f->capture)
		return;
	n = capture_finish(f->capture, why, sizeof(why));
	if (n)
		flight_fail(f, why, n);
}

/* Without its text a recording is whole: it can be decoded elsewhere. */
static void decode(struct flight *f)
{
	char doing[512] = "", why[576];
	FILE *out;
	int err, end;

	out = folder_fopen(f->folder, "trace.txt");
	if (!out) {
		failed(f, "trace.txt", -errno);
		return;
	}
	err = flight_decode(f->folder->path, out, &f->text, doing, sizeof(doing));
	snprintf(why, sizeof(why), "%s: %s", doing, err_name(err));
	end = folder_fclose(out);
	if (end) {
		failed(f, "trace.txt", end);
	} else if (err) {
		unlinkat(f->folder->fd, "trace.txt", 0);
		context_lacks(&f->missing, "trace.txt", why);
	}
}

/* --- all of it --- */

static void write_context(struct flight *f)
{
	failed(f, "time.log", write_finish(f));
	/* with a full disk none of it would fit */
	if (f->err == -ENOSPC)
		return;
	context_proc(f->folder, "proc.finish", &f->missing);
	context_dmesg(f->folder, &f->missing);
	context_journal(f->folder, &f->missing);
}

static void say_probe_losses(struct crucible *crucible)
{
	struct crucible_stats s;
	char losses[1024];

	crucible_stats(crucible, &s);
	if (s.lost)
		log_warn("%" PRIu64 " hits of probes lost: they came faster than they could be "
			 "taken",
			 s.lost);
	if (s.unread)
		log_warn("%" PRIu64 " statuses of upstairs could not be read: a trigger may have "
			 "been there",
			 s.unread);
	if (s.missed)
		log_warn("%" PRIu64 " new processes not looked at: too many at once", s.missed);
	if (*crucible_losses(crucible, losses, sizeof(losses)))
		log_warn("durations of probes: %s", losses);
}

static void say_losses(struct flight *f)
{
	struct capture_stats packets;
	struct recorder_stats s;

	recorder_stats(f->recorder, &s);
	if (s.lost)
		log_warn("%" PRIu64 " of %" PRIu64 " events lost: they came faster than they could "
			 "be taken",
			 s.lost, s.events + s.lost);
	if (s.unwritten)
		log_warn("%" PRIu64 " of %" PRIu64 " events not written: the disk took no more",
			 s.unwritten, s.events + s.unwritten);
	if (s.nested)
		log_warn("%" PRIu64 " events not seen: they came in an interrupt in the midst of "
			 "recording another",
			 s.nested);
	if (f->crucible)
		say_probe_losses(f->crucible);
	if (s.truncated)
		log_warn("%" PRIu64 " events cut: longer than a record can be", s.truncated);
	if (f->capture) {
		capture_stats(f->capture, &packets);
		if (packets.dropped)
			log_warn("%" PRIu64 " packets lost", packets.dropped);
	}
	if (f->kmsg && kmsg_lost(f->kmsg))
		log_warn("%" PRIu64 " lines of the kernel's log were overwritten before they could "
			 "be read",
			 kmsg_lost(f->kmsg));
}

static int left_as_it_is(const struct flight *f)
{
	log_error("what was written stays in %s; assay flight --decode %s prints its events",
		  f->folder->path, f->folder->path);
	return STATUS_FAILED;
}

/* The folder is all there will be. */
static int keep_folder(struct flight *f)
{
	int err = folder_complete(f->folder);

	if (err) {
		log_error("rename %s: %s", f->folder->path, err_name(err));
		return STATUS_FAILED;
	}
	printf("%s\n", f->folder->path);
	return STATUS_OK;
}

static int make_tarball(struct flight *f)
{
	const char *partial = strrchr(f->folder->path, '/') + 1;
	char *path, why[512], size[32];
	uint64_t bytes;
	int err;

	if (!tarball_is_built_in)
		return keep_folder(f);
	err = tarball_write(f->folder, &path, &bytes, why, sizeof(why));
	if (err) {
		log_error("%s%s", why, err == -ENOSPC ? "; the disk is full: make room there" : "");
		return left_as_it_is(f);
	}
	err = folder_remove(f->folder->dir_fd, partial);
	if (err)
		log_warn("remove %s: %s", f->folder->path, err_name(err));
	log_info("written: %s", size_format(bytes, size, sizeof(size)));
	printf("%s\n", path);
	free(path);
	return STATUS_OK;
}

int flight_finish(struct flight *f)
{
	int status;

	await_signals(f);
	stop(f);
	write_context(f);
	if (!f->err)
		decode(f);
	failed(f, "assay.log", write_losses(f));
	say_losses(f);
	status = f->err ? left_as_it_is(f) : make_tarball(f);
	forget_signals();
	return status;
}
