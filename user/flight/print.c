// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * --decode: what a recording holds, as text, from wherever it is by now.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "decode.h"
#include "flight.h"
#include "status.h"
#include "tarball.h"

/* How compressed files begin: zstd (RFC 8878), xz, gzip. */
static const struct {
	unsigned char bytes[4];
	int n;
} magics[] = {
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
	{ { 0xfd, '7', 'z', 'X' }, 4 },
	{ { 0x1f, 0x8b }, 2 },
};

static bool is_compressed(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	unsigned char head[4] = { 0 };
	bool is = false;

	if (fd < 0)
		return false;
	if (read(fd, head, sizeof(head)) == sizeof(head))
		for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
			is |= !memcmp(head, magics[i].bytes, magics[i].n);
	close(fd);
	return is;
}

static int print_folder(const char *path)
{
	struct decode_stats stats = { 0 };
	char why[512] = "";
	int err = flight_decode(path, stdout, &stats, why, sizeof(why));

	if (stats.damaged)
		log_warn("%" PRIu64 " bytes of %s are cut off or damaged: passed over",
			 stats.damaged, path);
	/* a reader that went away has enough */
	if (!err || err == -EPIPE)
		return STATUS_OK;
	log_error("%s: %s%s", why, err_name(err), err_cure(err));
	return STATUS_FAILED;
}

/* What is in a tarball is taken out for as long as it is read. */
static int print_tarball(const char *file)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = NULL, why[512];
	int status = STATUS_FAILED;

	tmp = tmp && *tmp ? tmp : "/tmp";
	if (asprintf(&dir, "%s/assay-flight.XXXXXX", tmp) < 0)
		return STATUS_FAILED;
	if (!mkdtemp(dir)) {
		log_error("make a folder in %s: %s; TMPDIR names another", tmp, err_name(errno));
		free(dir);
		return STATUS_FAILED;
	}
	if (tarball_extract_raw(file, dir, why, sizeof(why)))
		log_error("%s", why);
	else
		status = print_folder(dir);
	folder_remove(AT_FDCWD, dir);
	free(dir);
	return status;
}

int flight_print(const char *file)
{
	if (access(file, F_OK)) {
		log_error("%s: %s%s", file, err_name(errno), err_cure(errno));
		return STATUS_FAILED;
	}
	return is_compressed(file) ? print_tarball(file) : print_folder(file);
}
