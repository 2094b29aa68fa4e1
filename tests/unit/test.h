/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The unit tests' frame: a table of named functions in, one line a test out ("ok NAME",
 * "not ok NAME", "skip NAME: why"), which tests/run counts. A failed CHECK prints where and what,
 * marks the test, and lets it go on.
 */
#ifndef ASSAY_TEST_H
#define ASSAY_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct test {
	const char *name;
	void (*fn)(void);
};

static int test_failed;
static const char *test_skipped;

#define CHECK(cond)                                                         \
	do {                                                                \
		if (!(cond)) {                                              \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
			test_failed = 1;                                    \
		}                                                           \
	} while (0)

#define CHECK_INT(got, want)                                                                       \
	do {                                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);                      \
		if (got_ != want_) {                                                               \
			printf("# %s:%d: %s is %lld, want %lld\n", __FILE__, __LINE__, #got, got_, \
			       want_);                                                             \
			test_failed = 1;                                                           \
		}                                                                                  \
	} while (0)

#define CHECK_STR(got, want)                                                                   \
	do {                                                                                   \
		const char *got_ = (got), *want_ = (want);                                     \
		if (!got_ || strcmp(got_, want_)) {                                            \
			printf("# %s:%d: %s is:\n%s\n# want:\n%s\n", __FILE__, __LINE__, #got, \
			       got_ ? got_ : "(null)", want_);                                 \
			test_failed = 1;                                                       \
		}                                                                              \
	} while (0)

#define SKIP(why)                     \
	do {                          \
		test_skipped = (why); \
		return;               \
	} while (0)

/* Runs all of `tests` under `suite`'s name; the status for main(). */
static inline int test_main(const char *suite, const struct test *tests, int n)
{
	int failed = 0;

	for (int i = 0; i < n; i++) {
		test_failed = 0;
		test_skipped = NULL;
		tests[i].fn();
		if (test_skipped)
			printf("skip %s/%s: %s\n", suite, tests[i].name, test_skipped);
		else
			printf("%s %s/%s\n", test_failed ? "not ok" : "ok", suite, tests[i].name);
		fflush(stdout);
		failed |= test_failed;
	}
	return failed;
}

#define TEST(fn)        \
	{               \
#fn, fn \
	}
#define TEST_MAIN(suite) TEST_MAIN_(suite, tests)
#define TEST_MAIN_(suite, tests)                                                  \
	int main(void)                                                            \
	{                                                                         \
		return test_main(suite, tests, sizeof(tests) / sizeof(tests[0])); \
	}

#endif
