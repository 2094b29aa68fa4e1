// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static enum log_level max_level = LOG_INFO;

void log_set_level(enum log_level level)
{
	max_level = level;
}

enum log_level log_level(void)
{
	return max_level;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[2048];
	int saved = errno, head, n;
	va_list ap;

	if (level > max_level)
		return;
	head = snprintf(line, sizeof(line), "assay: ");
	va_start(ap, fmt);
	n = vsnprintf(line + head, sizeof(line) - head - 1, fmt, ap);
	va_end(ap);
	if (n >= 0) {
		size_t len = strlen(line);

		line[len] = '\n';
		/* one write, so that lines of several processes do not mix */
		if (write(STDERR_FILENO, line, len + 1) < 0) {
			/* nobody left to tell */
		}
	}
	errno = saved;
}

const char *err_name(int err)
{
	static __thread char unknown[24];
	const char *name;

	if (err < 0)
		err = -err;
	name = strerrorname_np(err);
	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "errno %d", err);
	return unknown;
}

const char *err_cure(int err)
{
	switch (err < 0 ? -err : err) {
	case EPERM:
	case EACCES:
		return "; run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE";
	case ESRCH:
		return "; there is no such process";
	case ENOENT:
		return "; there is no such file";
	}
	return "";
}
