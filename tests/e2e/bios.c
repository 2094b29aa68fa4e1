// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bios [DEVICE…]: a line of JSON for each block I/O that ends, of these devices (/dev/loop0) or of
 * all. It says "live" on stderr once it records, and ends when stdin does: then come those that
 * have not ended, "ended" false, and a line of what was lost.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loss.h"
#include "kernel/bios.h"
#include "render/json.h"

#define BY_KEY(by) \
	((by) == BIO_BY_WORKER ? "worker" : (by) == BIO_BY_KTHREAD ? "kthread" : "process")

static void set_number(json_t *line, const char *key, uint64_t n)
{
	json_set(line, key, json_integer((json_int_t)n));
}

static void set_device(json_t *line, const char *key, uint32_t dev)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", dev >> 20, dev & 0xfffff);
	json_set(line, key, json_string(text));
}

static void print_record(void *arg, const struct bio_record *r)
{
	json_t *line = json_object();

	(void)arg;
	set_device(line, "dev", r->dev);
	set_device(line, "disk", r->disk);
	set_number(line, "op", r->flags & 0xff);
	set_number(line, "flags", r->flags & ~0xffU);
	set_number(line, "sector", r->sector);
	set_number(line, "bytes", r->bytes);
	set_number(line, "tgid", r->tgid);
	set_number(line, "tid", r->tid);
	json_set(line, "by", json_string(BY_KEY(r->by)));
	json_set(line, "comm", json_text(r->comm));
	json_set(line, "work", json_text(r->work));
	set_number(line, "error", r->error);
	set_number(line, "queued", r->queued);
	set_number(line, "flushed", r->flushed);
	set_number(line, "issued", r->issued);
	set_number(line, "done", r->done);
	json_set(line, "ended", json_boolean(r->done));
	json_print(stdout, line);
}

static void print_losses(const uint64_t *losses)
{
	json_t *line = json_object();

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		set_number(line, loss_key(i), losses[i]);
	json_print(stdout, line);
}

/* The device behind a path, as the kernel has it; 0: none. */
static uint32_t device_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		return 0;
	return major(st.st_rdev) << 20 | minor(st.st_rdev);
}

/* Whether stdin has ended, 20 ms later at the latest. */
static bool ended(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	return poll(&in, 1, 20) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

int main(int argc, char **argv)
{
	struct bios_options options = { .ndevs = argc - 1 };
	uint32_t devs[BIO_MAX_DEVS];
	struct bios *bios;
	char why[128];
	int err;

	for (int i = 1; i < argc && i <= BIO_MAX_DEVS; i++) {
		devs[i - 1] = device_of(argv[i]);
		if (!devs[i - 1]) {
			log_error("%s is no block device", argv[i]);
			return 2;
		}
	}
	options.devs = devs;
	err = bios__new(&options, &bios, why, sizeof(why));
	if (err) {
		log_error("cannot %s: %s", why, err_name(err));
		return 1;
	}
	bios_go(bios);
	fprintf(stderr, "live\n");
	while (!ended())
		bios_drain(bios, print_record, NULL);
	bios_stop(bios);
	bios_drain(bios, print_record, NULL);
	bios_inflight(bios, print_record, NULL);
	print_losses(bios_losses(bios));
	bios__free(bios);
	return 0;
}
