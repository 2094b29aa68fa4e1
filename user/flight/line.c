// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The status line of a run, on a terminal.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/units.h"
#include "flight.h"
#include "refuse.h"

static size_t add(char *buf, size_t size, size_t n, const char *text)
{
	return n + snprintf(buf + (n < size ? n : size), n < size ? size - n : 0, "%s", text);
}

const char *flight_status_text(const struct flight_status *s, char *buf, size_t size)
{
	char one[96], bytes[32];
	size_t n = 0;

	buf[0] = '\0';
	snprintf(one, sizeof(one), "%.0f events/s", s->events);
	n = add(buf, size, n, one);
	snprintf(one, sizeof(one), ", the last %.1f s kept (%s)", (double)s->kept_ns / 1e9,
		 size_format(s->kept_bytes, bytes, sizeof(bytes)));
	n = add(buf, size, n, one);
	snprintf(one, sizeof(one), ", %" PRIu64 " lost", s->lost);
	n = add(buf, size, n, one);
	if (s->captures) {
		snprintf(one, sizeof(one), ", %" PRIu64 " packets, %" PRIu64 " lost", s->packets,
			 s->dropped);
		n = add(buf, size, n, one);
	}
	snprintf(one, sizeof(one), ", %s free", size_format(s->free, bytes, sizeof(bytes)));
	add(buf, size, n, one);
	return buf;
}

static int width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 2)
		return 80;
	return size.ws_col;
}

void flight_clear_line(struct flight *f)
{
	if (f->line_shown)
		fputs("\r\033[K", stderr);
	f->line_shown = false;
}

static void gather(struct flight *f, struct flight_status *status)
{
	uint64_t now = monotonic_now(), since;
	struct capture_stats packets;
	struct recorder_stats events;
	struct crucible_stats hits;

	recorder_stats(f->recorder, &events);
	if (f->crucible) {
		crucible_stats(f->crucible, &hits);
		events.events += hits.hits;
		events.bytes += hits.bytes;
		events.lost += hits.lost;
	}
	/* what is older is there of some CPUs only */
	since = events.whole_from ? events.whole_from : events.oldest;
	status->events = now > f->seen_at ? (double)(events.events - f->seen) * 1e9 /
						    (double)(now - f->seen_at)
					  : 0;
	f->seen = events.events;
	f->seen_at = now;
	status->kept_ns = since && now > since ? now - since : 0;
	status->kept_bytes = events.bytes;
	status->lost = events.lost;
	status->captures = f->capture;
	if (f->capture) {
		capture_stats(f->capture, &packets);
		status->packets = packets.packets;
		status->dropped = packets.dropped;
	}
	status->free = refuse_free(f->folder->path);
}

void flight_show_line(struct flight *f)
{
	struct flight_status status = { 0 };
	char text[256];

	if (!f->on_terminal)
		return;
	gather(f, &status);
	flight_status_text(&status, text, sizeof(text));
	/* a line that is wrapped could not be written over */
	fprintf(stderr, "\r\033[K%.*s", width() - 1, text);
	f->line_shown = true;
}
