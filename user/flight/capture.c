// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "core/log.h"
#include "core/units.h"

#ifndef HAVE_PCAP

const bool capture_is_built_in;

int capture__new(const char *filter, const struct folder *folder, uint64_t max,
		 struct capture **out, char *why, size_t size)
{
	size_t where;

	(void)folder;
	(void)max;
	*out = NULL;
	return capture_check(filter, &where, why, size);
}

void capture__free(struct capture *capture)
{
	(void)capture;
}

int capture_fd(const struct capture *capture)
{
	(void)capture;
	return -1;
}

int capture_read(struct capture *capture, char *why, size_t size)
{
	(void)capture;
	(void)why;
	(void)size;
	return -ENOTSUP;
}

void capture_stats(struct capture *capture, struct capture_stats *stats)
{
	(void)capture;
	*stats = (struct capture_stats){ 0 };
}

int capture_flush(struct capture *capture)
{
	(void)capture;
	return -ENOTSUP;
}

int capture_finish(struct capture *capture, char *why, size_t size)
{
	return capture_read(capture, why, size);
}

#else

#include <pcap/pcap.h>

const bool capture_is_built_in = true;

/* The kernel keeps so much until it is taken, and wakes us for less after so many ms. */
#define RING_BYTES	(16 << 20)
#define WAKE_MS		100

/* Packets taken before others of the loop have their turn. */
#define PACKETS_AT_ONCE 4096

struct capture {
	pcap_t *pcap;
	const struct folder *folder; /* NULL: count only */
	uint64_t max;
	pcap_dumper_t *file;
	int number;	/* of the file, 0 or 1 */
	uint64_t bytes; /* in it */
	int err;	/* what writing it failed with */
	struct capture_stats stats;
};

static int open_file(struct capture *capture)
{
	char name[32];
	FILE *f;
	int fd;

	snprintf(name, sizeof(name), "capture-%d.pcap", capture->number);
	fd = openat(capture->folder->fd, name,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	capture->file = pcap_dump_fopen(capture->pcap, f);
	if (!capture->file) {
		fclose(f);
		return -EIO;
	}
	capture->bytes = sizeof(struct pcap_file_header);
	return 0;
}

/* Closes the file, all of it written. */
static int close_file(struct capture *capture, bool sync)
{
	int err = 0;

	if (!capture->file)
		return 0;
	errno = 0;
	if (pcap_dump_flush(capture->file) ||
	    (sync && fsync(fileno(pcap_dump_file(capture->file)))))
		err = errno ? -errno : -EIO;
	pcap_dump_close(capture->file);
	capture->file = NULL;
	return err;
}

static int next_file(struct capture *capture)
{
	int err = close_file(capture, false);

	capture->number = !capture->number;
	return err ? err : open_file(capture);
}

/* A record's head in the file: two times of 4 bytes, two lengths. */
#define RECORD_HEAD	16

static void packet(u_char *arg, const struct pcap_pkthdr *head, const u_char *bytes)
{
	struct capture *capture = (struct capture *)arg;

	capture->stats.packets++;
	capture->stats.bytes += head->len;
	if (!capture->folder || capture->err)
		return;
	if (capture->bytes + RECORD_HEAD + head->caplen > capture->max)
		capture->err = next_file(capture);
	if (capture->err)
		return;
	errno = 0;
	pcap_dump((u_char *)capture->file, head, bytes);
	capture->bytes += RECORD_HEAD + head->caplen;
	if (ferror(pcap_dump_file(capture->file)))
		capture->err = errno ? -errno : -EIO;
}

static int activate(pcap_t *pcap, const char *filter, char *why, size_t size)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	struct bpf_program program;
	int err;

	pcap_set_snaplen(pcap, CAPTURE_SNAPLEN);
	pcap_set_timeout(pcap, WAKE_MS);
	pcap_set_buffer_size(pcap, RING_BYTES);
	err = pcap_activate(pcap);
	if (err < 0) {
		snprintf(why, size, "capture packets: %s%s", pcap_geterr(pcap),
			 err == PCAP_ERROR_PERM_DENIED ? err_cure(-EPERM) : "");
		return err == PCAP_ERROR_PERM_DENIED ? -EPERM : -EIO;
	}
	/* with the interface's number in each packet */
	if (pcap_set_datalink(pcap, DLT_LINUX_SLL2) ||
	    pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN)) {
		snprintf(why, size, "capture packets: %s", pcap_geterr(pcap));
		return -EIO;
	}
	err = pcap_setfilter(pcap, &program) ? -EIO : 0;
	pcap_freecode(&program);
	if (err)
		snprintf(why, size, "capture packets: %s", pcap_geterr(pcap));
	if (!err && (pcap_setnonblock(pcap, 1, text) || pcap_get_selectable_fd(pcap) < 0)) {
		snprintf(why, size, "capture packets: %s", text);
		err = -EIO;
	}
	return err;
}

int capture__new(const char *filter, const struct folder *folder, uint64_t max,
		 struct capture **out, char *why, size_t size)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	char text[PCAP_ERRBUF_SIZE];
	int err = 0;

	if (!capture)
		return -ENOMEM;
	capture->folder = folder;
	capture->max = max;
	capture->pcap = pcap_create("any", text);
	if (!capture->pcap) {
		snprintf(why, size, "capture packets: %s", text);
		err = -EIO;
	}
	if (!err)
		err = activate(capture->pcap, filter, why, size);
	if (!err && folder) {
		err = open_file(capture);
		if (err)
			snprintf(why, size, "write packets to %s: %s", folder->path, err_name(err));
	}
	if (err)
		capture__free(capture);
	else
		*out = capture;
	return err;
}

void capture__free(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->file)
		pcap_dump_close(capture->file);
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture);
}

int capture_fd(const struct capture *capture)
{
	return pcap_get_selectable_fd(capture->pcap);
}

static int failed(struct capture *capture, int err, char *why, size_t size)
{
	snprintf(why, size, "write packets to %s: %s", capture->folder->path, err_name(err));
	return err;
}

int capture_read(struct capture *capture, char *why, size_t size)
{
	int n = pcap_dispatch(capture->pcap, PACKETS_AT_ONCE, packet, (u_char *)capture);

	if (n == PCAP_ERROR) {
		snprintf(why, size, "capture packets: %s", pcap_geterr(capture->pcap));
		return -EIO;
	}
	return capture->err ? failed(capture, capture->err, why, size) : n;
}

void capture_stats(struct capture *capture, struct capture_stats *stats)
{
	struct pcap_stat kernel;

	/* since it began: libpcap adds up what the kernel counts from one look to the next */
	if (!pcap_stats(capture->pcap, &kernel))
		capture->stats.dropped = kernel.ps_drop;
	*stats = capture->stats;
}

int capture_flush(struct capture *capture)
{
	errno = 0;
	if (!capture->file)
		return 0;
	if (pcap_dump_flush(capture->file))
		return errno ? -errno : -EIO;
	/* on its way to the disk; not waited for: packets come meanwhile */
	sync_file_range(fileno(pcap_dump_file(capture->file)), 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int capture_finish(struct capture *capture, char *why, size_t size)
{
	/* what came last may be held back for as long as the kernel waits for more */
	uint64_t until = monotonic_now() + 2 * WAKE_MS * 1000000ULL;
	struct pollfd fd = { .fd = capture_fd(capture), .events = POLLIN };
	int n = 0, err;

	while (n >= 0 && monotonic_now() < until && poll(&fd, 1, 2 * WAKE_MS) >= 0)
		n = capture_read(capture, why, size);
	err = close_file(capture, true);
	if (n < 0)
		return n;
	return err ? failed(capture, err, why, size) : 0;
}

#endif
