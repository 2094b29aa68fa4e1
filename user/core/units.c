// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "units.h"

static const struct {
	const char *suffix;
	double ns;
} suffixes[] = {
	{ "ns", 1 },   { "us", 1e3 },	{ "ms", 1e6 }, { "s", 1e9 },
	{ "m", 60e9 }, { "h", 3600e9 }, { "", 1e9 },
};

int duration_parse(const char *text, uint64_t *ns)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (end == text || errno || !isfinite(value) || value < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strcmp(end, suffixes[i].suffix))
			continue;
		value *= suffixes[i].ns;
		if (value >= 9.2e18)
			return -EINVAL;
		*ns = (uint64_t)(value + 0.5);
		return 0;
	}
	return -EINVAL;
}

const char *duration_format(uint64_t ns, char *buf, size_t size)
{
	static const char *const units[] = { "us", "ms", "s" };
	double value = (double)ns;
	int unit = -1;

	while (unit < 2 && value >= 999.95) {
		value /= 1000;
		unit++;
	}
	if (unit < 0)
		snprintf(buf, size, "%.0fns", value);
	else
		snprintf(buf, size, "%.*f%s",
			 value < 9.9995	  ? 3
			 : value < 99.995 ? 2
					  : 1,
			 value, units[unit]);
	return buf;
}

char *count_format(uint64_t count, char *buf, size_t size)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t at = 0;

	for (int i = 0; i < n && at + 2 < size; i++) {
		if (i && (n - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

char *count_format_short(double count, char *buf, size_t size)
{
	static const char units[] = "kMGTPE";
	int unit = -1;

	/* from there on it would be rounded to four digits */
	for (; count >= 999.5 && (unit < 0 || units[unit + 1]); unit++)
		count /= 1000;
	snprintf(buf, size, "%.3g%.1s", count, unit < 0 ? "" : units + unit);
	return buf;
}

static uint64_t clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

uint64_t monotonic_now(void)
{
	return clock_now(CLOCK_MONOTONIC);
}

int64_t monotonic_to_wall(void)
{
	return (int64_t)(clock_now(CLOCK_REALTIME) - clock_now(CLOCK_MONOTONIC));
}

const char *time_format_utc(uint64_t wall, char *buf, size_t size)
{
	time_t seconds = wall / NSEC_PER_SEC;
	char day[32];
	struct tm tm;

	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	snprintf(buf, size, "%s.%06uZ", day, (unsigned)(wall % NSEC_PER_SEC / 1000));
	return buf;
}

const char *time_format_local(uint64_t wall, char *buf, size_t size)
{
	time_t seconds = wall / NSEC_PER_SEC;
	struct tm tm;

	strftime(buf, size, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
	return buf;
}

const char *time_format_clock(uint64_t wall, char *buf, size_t size)
{
	time_t seconds = wall / NSEC_PER_SEC;
	char clock[16];
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&seconds, &tm));
	snprintf(buf, size, "%s.%06u", clock, (unsigned)(wall % NSEC_PER_SEC / 1000));
	return buf;
}
