// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
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
	static const char head[] = "assay: ";
	char text[1024], line[2048];
	int saved = errno, n;
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0) {
		size_t len;

		/* names of files and probes are their owners' words, not for a terminal to obey */
		memcpy(line, head, sizeof(head));
		escape_copy(line + sizeof(head) - 1, sizeof(line) - sizeof(head), text);
		len = strlen(line);
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
		if (!geteuid())
			return "; not even root may, here";
		return "; run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE";
	case ESRCH:
		return "; there is no such process";
	case ENOENT:
		return "; there is no such file";
	}
	return "";
}
