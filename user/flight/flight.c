// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "flight.h"
#include "refuse.h"
#include "status.h"
#include "tarball.h"
#include "version.h"

/* How often what was recorded is moved to the disk. */
#define DRAIN_NS (20 * 1000000ULL)

/* --- what ends a run --- */

void flight_note(struct flight *f, const char *text)
{
	struct context_time now;
	char at[64];

	context_now(&now);
	/* the second time is what trace.txt's lines have */
	fprintf(f->event_log, "%s [%" PRIu64 ".%06" PRIu64 "] ",
		time_format_utc(now.wall, at, sizeof(at)), (uint64_t)(now.monotonic / NSEC_PER_SEC),
		(uint64_t)(now.monotonic % NSEC_PER_SEC / 1000));
	escape_print(f->event_log, text);
	putc('\n', f->event_log);
	/* what has come must be known even if the host does not live to tell more */
	if (fflush(f->event_log) || fsync(fileno(f->event_log)))
		log_warn("write to event.log: %s", err_name(errno));
}

void flight_fail(struct flight *f, const char *why, int err)
{
	if (f->err)
		return;
	f->err = err;
	flight_clear_line(f);
	log_error("%s%s", why, err == -ENOSPC ? "; the disk is full: make room there" : "");
	flight_note(f, why);
	loop_stop(f->loop);
}

void flight_snapshot(struct flight *f, const char *until)
{
	int err = f->crucible ? crucible_snapshot(f->crucible, until) : 0;

	if (err)
		context_lacks(&f->missing, "upstairs_info.txt, perfgw.txt", err_name(err));
}

static void on_end(void *arg)
{
	struct flight *f = arg;

	loop_stop(f->loop);
}

/* A line of the trace itself: here it was. */
static void mark(struct flight *f, const char *text)
{
	char line[KMSG_LINE_MAX + 600];

	snprintf(line, sizeof(line), "trigger: %s", text);
	recorder_add_line(f->recorder, monotonic_now(), getpid(), "assay", line);
}

void flight_trigger(struct flight *f, const char *text)
{
	bool first = !f->triggered;
	int err = 0;

	if (f->triggers++ >= TRIGGERS_MAX)
		return;
	mark(f, text);
	flight_note(f, text);
	if (!first)
		return;
	f->triggered = true;
	flight_snapshot(f, "the trigger");
	flight_clear_line(f);
	log_info("triggered: %s", text);
	if (f->o->post_ns)
		err = loop_add_timer(f->loop, f->o->post_ns, 0, on_end, f);
	if (!f->o->post_ns || err)
		loop_stop(f->loop);
}

static void on_signal(void *arg, int signo)
{
	struct flight *f = arg;

	f->signal = signo;
	loop_stop(f->loop);
}

static void on_duration(void *arg)
{
	struct flight *f = arg;
	char text[64], time[32];

	if (f->triggered)
		return;
	snprintf(text, sizeof(text), "ended after %s, as asked for (-d)",
		 duration_format(f->o->duration_ns, time, sizeof(time)));
	flight_note(f, text);
	loop_stop(f->loop);
}

/* --- what is recorded, as it comes --- */

static void on_drain(void *arg)
{
	struct flight *f = arg;
	char why[512];
	int n = recorder_drain(f->recorder), err;

	if (n >= 0 && f->crucible) {
		err = crucible_drain(f->crucible);
		n = err ?: n;
	}
	if (n >= 0)
		return;
	snprintf(why, sizeof(why), "write to %s: %s", f->folder->path, err_name(n));
	flight_fail(f, why, n);
}

static void on_packets(void *arg)
{
	struct flight *f = arg;
	char why[512];
	int n = capture_read(f->capture, why, sizeof(why));

	if (n < 0)
		flight_fail(f, why, n);
}

static void on_line(void *arg, const struct kmsg_line *line, const char *regex)
{
	struct flight *f = arg;
	char text[KMSG_LINE_MAX + 512];

	snprintf(text, sizeof(text), "the kernel's log has what matches \"%s\": %s", regex,
		 line->text);
	flight_trigger(f, text);
}

static void on_kmsg(void *arg)
{
	struct flight *f = arg;
	int err = kmsg_read(f->kmsg, on_line, f);
	char why[64];

	if (!err)
		return;
	snprintf(why, sizeof(why), "read %s: %s", KMSG_PATH, err_name(err));
	flight_fail(f, why, err);
}

static void on_second(void *arg)
{
	struct flight *f = arg;
	char why[64];
	int err = f->capture ? capture_flush(f->capture) : 0;

	flight_show_line(f);
	if (!err)
		return;
	snprintf(why, sizeof(why), "write packets: %s", err_name(err));
	flight_fail(f, why, err);
}

/* --- probes --- */

static void on_probe_trigger(void *arg, const char *text)
{
	flight_trigger(arg, text);
}

static void on_probe_note(void *arg, const char *text)
{
	flight_note(arg, text);
}

static void on_probe_file(void *arg, int fd)
{
	recorder_sync_file(((struct flight *)arg)->recorder, fd);
}

static void on_program(void *arg)
{
	crucible_look(((struct flight *)arg)->crucible);
}

/* --- before it begins --- */

static int refused(const struct flight_options *o, char *why, size_t size)
{
	const struct refuse_host *host = &refuse_this_host;
	const char *const *events = o->events.texts;
	int status = refuse_user(host, why, size);

	if (!status)
		status = refuse_tracefs(host, why, size);
	if (!status && o->mounted && !o->no_check)
		status = refuse_unmounted(host, o->mounted, why, size);
	if (!status)
		status = refuse_folder(o->dir, why, size);
	if (!status && !o->no_check)
		status = refuse_feedback(host, o->dir, events, o->events.n, why, size);
	if (!status)
		status = refuse_full(o->dir, o->min_free, why, size);
	return status;
}

static int take_lock(struct flight *f)
{
	pid_t holder;
	int err = lock__new(LOCK_PATH, &f->lock, &holder);

	if (err == -EBUSY && holder <= 0)
		log_error("another process is recording on this host already (%s)", LOCK_PATH);
	else if (err == -EBUSY)
		log_error("process %d is recording on this host already (%s); end it with "
			  "kill -INT %d",
			  holder, LOCK_PATH, holder);
	else if (err)
		log_error("take %s: %s", LOCK_PATH, err_name(err));
	else if (holder)
		log_info("process %d, which is gone, left %s behind: taken over", holder,
			 LOCK_PATH);
	return err;
}

/* A signal set of those that end a run. nohup's SIGHUP stays ignored. */
static void ending_signals(sigset_t *signals)
{
	struct sigaction hup;

	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	if (!sigaction(SIGHUP, NULL, &hup) && hup.sa_handler != SIG_IGN)
		sigaddset(signals, SIGHUP);
}

static int make_loop(struct flight *f)
{
	sigset_t signals;
	int err;

	ending_signals(&signals);
	f->loop = loop__new();
	err = f->loop ? loop_add_signals(f->loop, &signals, on_signal, f) : -errno;
	if (err)
		log_error("make the event loop: %s", err_name(err));
	return err;
}

static void on_heartbeat(void *arg)
{
	struct flight *f = arg;
	struct capture_stats stats;
	char why[512];
	int n = capture_read(f->capture, why, sizeof(why));

	if (n < 0)
		log_error("%s", why);
	capture_stats(f->capture, &stats);
	if (n < 0 || stats.packets)
		loop_stop(f->loop);
}

static void no_heartbeat(const struct flight_options *o)
{
	char time[32];

	duration_format(o->heartbeat_ns, time, sizeof(time));
	if (o->mounted)
		log_error("no heartbeat to or from %s:%s within %s; does its server run there? "
			  "journalctl -t kernel -g 'scoutfs.*server starting at' tells where; "
			  "--heartbeat 0 goes on without",
			  o->args[0], o->args[1], time);
	else
		log_error("no packet passed \"%s\" within %s; --heartbeat 0 goes on without",
			  o->heartbeat, time);
}

/* Waits for a packet of the heartbeat, on a loop of its own. */
static int await_heartbeat(struct flight *f)
{
	struct capture_stats stats = { 0 };
	char why[512];
	int err;

	if (!f->o->heartbeat_ns)
		return 0;
	err = capture__new(f->o->heartbeat, NULL, 0, &f->capture, why, sizeof(why));
	if (err) {
		log_error("%s", why);
		return err;
	}
	err = make_loop(f);
	if (!err)
		err = loop_add_fd(f->loop, capture_fd(f->capture), EPOLLIN, on_heartbeat, f);
	if (!err)
		err = loop_add_timer(f->loop, f->o->heartbeat_ns, 0, on_end, f);
	if (!err)
		err = loop_run(f->loop);
	if (err)
		log_error("wait for a heartbeat: %s", err_name(err));
	capture_stats(f->capture, &stats);
	if (!err && f->signal) {
		log_error("ended by SIG%s before it began", sigabbrev_np(f->signal));
		err = -EINTR;
	} else if (!err && !stats.packets) {
		no_heartbeat(f->o);
		err = -ETIMEDOUT;
	}
	capture__free(f->capture);
	loop__free(f->loop);
	f->capture = NULL;
	f->loop = NULL;
	return err;
}

/* --- how it begins --- */

/* What a shell takes as it stands; all else is shown in quotes. */
static const char plain_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=:,./+@%";

/* assay.log: who wrote this, and as it was called; what it missed follows at the end. */
static int write_called(const struct flight *f)
{
	FILE *out = folder_fopen(f->folder, "assay.log");

	if (!out)
		return -errno;
	fprintf(out, "assay %s\nassay %s", assay_version, f->command);
	for (int i = 1; i < f->argc; i++) {
		bool plain = !f->argv[i][strspn(f->argv[i], plain_letters)];

		fputs(plain ? " " : " '", out);
		escape_print(out, f->argv[i]);
		fputs(plain ? "" : "'", out);
	}
	fputs("\n\n", out);
	return folder_fclose(out);
}

static int write_start(struct flight *f, const struct context_time *now)
{
	FILE *out = folder_fopen(f->folder, "time.log");
	int err;

	if (!out)
		return -errno;
	context_write_time(out, "START", now);
	err = folder_fclose(out);
	if (err)
		return err;
	f->event_log = folder_fopen(f->folder, "event.log");
	return f->event_log ? write_called(f) : -errno;
}

/* What is known before it begins: should the host not live to tell more, that is there. */
static int make_folder(struct flight *f)
{
	struct context_time now;
	int err;

	context_now(&now);
	err = folder__new(f->o->dir, f->o->name, now.wall, &f->folder);
	if (err) {
		log_error("make a folder in %s: %s", f->o->dir, err_name(err));
		return err;
	}
	err = write_start(f, &now);
	if (err) {
		log_error("write to %s: %s", f->folder->path, err_name(err));
		return err;
	}
	context_uname(f->folder, &f->missing);
	context_proc(f->folder, "proc.start", &f->missing);
	return fsync(f->folder->fd) ? -errno : 0;
}

static int status_of(int err)
{
	return err == -ENOENT ? STATUS_NOTHING : err == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
}

static int make_kmsg(struct flight *f, char *why, size_t size)
{
	int fd = kmsg_open(), err;

	err = fd < 0 ? fd : kmsg__new(fd, f->o->kmsg.texts, f->o->kmsg.n, &f->kmsg);
	if (err)
		snprintf(why, size, "read %s: %s", KMSG_PATH, err_name(err));
	return err;
}

static int make_crucible(struct flight *f)
{
	const struct crucible_options options = {
		.flight = f->o,
		.folder = f->folder,
		.trigger = on_probe_trigger,
		.note = on_probe_note,
		.sync = on_probe_file,
		.arg = f,
	};
	char why[1024] = "";
	int err = crucible__new(&options, &f->crucible, why, sizeof(why));

	if (err && status_of(err) != STATUS_FAILED)
		log_error("%s", why);
	else if (err)
		log_error("%s: %s%s", why, err_name(err), err_cure(err));
	return err;
}

/* All that records, ready to go. Returns a status. */
static int make_recorders(struct flight *f)
{
	const struct flight_options *o = f->o;
	const struct recorder_options options = {
		.patterns = o->events.texts,
		.npatterns = o->events.n,
		.dir = f->folder->path,
		.keep_bytes = o->keep_bytes,
		.keep_ns = o->keep_ns,
	};
	char why[1024] = "";
	int err = recorder__new(&options, &f->recorder, why, sizeof(why));

	/* what is asked for wrongly is told in full; of all else, what was being done */
	if (err && status_of(err) != STATUS_FAILED)
		log_error("%s", why);
	else if (err)
		log_error("%s: %s%s", why, err_name(err), err_cure(err));
	err = err ?: make_crucible(f);
	if (err)
		return status_of(err);
	if (o->capture)
		err = capture__new(o->capture, f->folder, CAPTURE_FILE_MAX, &f->capture, why,
				   sizeof(why));
	if (!err && o->kmsg.n)
		err = make_kmsg(f, why, sizeof(why));
	if (err)
		log_error("%s", *why ? why : err_name(err));
	return err ? STATUS_FAILED : STATUS_OK;
}

static int watch(struct flight *f)
{
	int err = loop_add_timer(f->loop, DRAIN_NS, DRAIN_NS, on_drain, f);
	if (!err)
		err = loop_add_timer(f->loop, NSEC_PER_SEC, NSEC_PER_SEC, on_second, f);
	if (!err && f->o->duration_ns)
		err = loop_add_timer(f->loop, f->o->duration_ns, 0, on_duration, f);
	if (!err && f->capture)
		err = loop_add_fd(f->loop, capture_fd(f->capture), EPOLLIN, on_packets, f);
	if (!err && f->kmsg)
		err = loop_add_fd(f->loop, kmsg_fd(f->kmsg), EPOLLIN, on_kmsg, f);
	if (!err && f->crucible && crucible_fd(f->crucible) >= 0)
		err = loop_add_fd(f->loop, crucible_fd(f->crucible), EPOLLIN, on_program, f);
	if (err)
		log_error("make the event loop: %s", err_name(err));
	return err;
}

/*
 * What it may take at the end: a CPU's events, their text, which is some 2.2 times as long (file
 * systems' and block's events), and the tarball of both; the same of hits, whose text is some 20
 * times as long as they are kept; and packets.
 */
static uint64_t room_needed(const struct flight_options *o, bool hits)
{
	uint64_t cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t events = cpus * o->keep_bytes * 7 / 2 + (hits ? 24 * o->keep_bytes : 0);

	return events + (o->capture ? 2ULL * CAPTURE_FILE_MAX : 0);
}

static void say_started(struct flight *f)
{
	const struct flight_options *o = f->o;
	struct crucible_stats probes = { 0 };
	struct recorder_stats stats;
	char why[512], sites[64] = "";

	if (refuse_echo(&refuse_this_host, o->dir, o->events.texts, o->events.n, why, sizeof(why)))
		log_warn("%s", why);
	if (f->crucible) {
		crucible_stats(f->crucible, &probes);
		snprintf(sites, sizeof(sites), ", %d sites of probes", probes.sites);
	}
	if (refuse_tight(o->dir, room_needed(o, probes.keeps), why, sizeof(why)))
		log_warn("%s", why);
	if (!tarball_is_built_in)
		log_warn("this assay was built without libarchive (Debian: libarchive-dev): there "
			 "will be a folder, and no tarball");
	recorder_stats(f->recorder, &stats);
	log_info("%s: %d tracepoints%s%s to %s; Ctrl-C ends it", f->command, stats.tracepoints,
		 sites, f->capture ? " and packets" : "", f->folder->path);
}

/* Returns a status: not OK when it did not begin, and then nothing is left behind. */
static int begin(struct flight *f)
{
	char why[1024];
	int status = refused(f->o, why, sizeof(why));

	if (status) {
		log_error("%s", why);
		return status;
	}
	/* a signal that comes while all is made ready waits for the loop to run */
	if (take_lock(f) || await_heartbeat(f) || make_loop(f) || make_folder(f))
		return STATUS_FAILED;
	status = make_recorders(f);
	if (!status && watch(f))
		status = STATUS_FAILED;
	return status;
}

static void run(struct flight *f)
{
	char text[64];
	int err;

	recorder_go(f->recorder);
	if (f->crucible)
		crucible_go(f->crucible);
	say_started(f);
	f->seen_at = monotonic_now();
	f->on_terminal = isatty(STDERR_FILENO);
	err = loop_run(f->loop);
	flight_clear_line(f);
	if (err) {
		snprintf(text, sizeof(text), "wait for events: %s", err_name(err));
		flight_fail(f, text, err);
	}
	if (!f->signal)
		return;
	snprintf(text, sizeof(text), "interrupted by SIG%s", sigabbrev_np(f->signal));
	flight_note(f, text);
	log_info("%s", text);
}

static void flight_free(struct flight *f, bool began)
{
	kmsg__free(f->kmsg);
	capture__free(f->capture);
	crucible__free(f->crucible);
	recorder__free(f->recorder);
	if (f->event_log)
		fclose(f->event_log);
	if (f->folder && !began)
		folder_remove(f->folder->dir_fd, strrchr(f->folder->path, '/') + 1);
	folder__free(f->folder);
	loop__free(f->loop);
	lock__free(f->lock);
	free(f->missing.text);
}

static int command(const struct help_page *page, int argc, char **argv)
{
	struct flight_options options;
	struct flight f = { .o = &options, .command = page->name, .argc = argc, .argv = argv };
	int err = flight_options_parse(&options, page, argc, argv), status;

	/* a Ctrl-C ends who reads our messages, too: nothing is lost for that */
	signal(SIGPIPE, SIG_IGN);
	/* whoever started us may ignore it: children could not be waited for */
	signal(SIGCHLD, SIG_DFL);
	if (err) {
		status = err == FLIGHT_HELP ? STATUS_OK : STATUS_USAGE;
	} else if (options.decode) {
		status = flight_print(options.decode);
	} else {
		bool began;

		status = begin(&f);
		began = !status;
		if (began) {
			run(&f);
			status = flight_finish(&f);
		}
		flight_free(&f, began);
	}
	flight_options_free(&options);
	return status;
}

int cmd_flight(int argc, char **argv)
{
	return command(&flight_page, argc, argv);
}

int cmd_scoutfs(int argc, char **argv)
{
	return command(&scoutfs_page, argc, argv);
}
