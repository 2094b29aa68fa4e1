// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* render/escape.c: what of an untrusted text reaches a terminal. */
#include <stdlib.h>

#include "core/escape.h"
#include "test.h"

struct escape_case {
	const char *in, *out;
	int width;
};

static const struct escape_case cases[] = {
	{ "", "", 0 },
	{ "gw-read-start", "gw-read-start", 13 },
	{ " ~", " ~", 2 },		/* the first and the last of printable ASCII */
	{ "a\\x1b", "a\\x1b", 5 },	/* a backslash stays */
	{ "\x1b[31m", "\\x1b[31m", 8 }, /* no colours */
	{ "\x01\x1f\x7f", "\\x01\\x1f\\x7f", 12 },
	{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d", 15 },

	/* UTF-8, the least and the greatest of each length */
	{ "\xc2\xa0", "\xc2\xa0", 1 },		       /* U+00A0 */
	{ "h\xc3\xa9", "h\xc3\xa9", 2 },	       /* U+00E9 */
	{ "\xdf\xbf", "\xdf\xbf", 1 },		       /* U+07FF */
	{ "\xe0\xa0\x80", "\xe0\xa0\x80", 1 },	       /* U+0800 */
	{ "\xed\x9f\xbf", "\xed\x9f\xbf", 1 },	       /* U+D7FF */
	{ "\xee\x80\x80", "\xee\x80\x80", 1 },	       /* U+E000 */
	{ "\xef\xbf\xbd", "\xef\xbf\xbd", 1 },	       /* U+FFFD */
	{ "\xf0\x90\x80\x80", "\xf0\x90\x80\x80", 1 }, /* U+10000 */
	{ "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd", 1 }, /* U+10FFFD */

	{ "\xc2\x80", "\\xc2\\x80", 8 },      /* C1: U+0080 */
	{ "\xc2\x9b[m", "\\xc2\\x9b[m", 10 }, /* U+009B, a terminal's CSI */
	{ "\xc2\x9f", "\\xc2\\x9f", 8 },

	/* not UTF-8 */
	{ "\x80", "\\x80", 4 },
	{ "\x9b[m", "\\x9b[m", 6 },
	{ "\xff\xfe", "\\xff\\xfe", 8 },
	{ "\xc3", "\\xc3", 4 },	  /* ends in the middle */
	{ "\xc3(", "\\xc3(", 5 }, /* what follows is no part of it */
	{ "\xe2\x82", "\\xe2\\x82", 8 },
	{ "\xe2\x82\x1b", "\\xe2\\x82\\x1b", 12 },
	{ "\xf0\x9f\x98", "\\xf0\\x9f\\x98", 12 },
	{ "\xc3\xc3\xa9", "\\xc3\xc3\xa9", 5 }, /* the next starts anew */
	{ "\xc0\x9b", "\\xc0\\x9b", 8 },	/* longer than need be: U+001B */
	{ "\xc1\xbf", "\\xc1\\xbf", 8 },
	{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf", 12 },
	{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf", 16 },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 }, /* surrogates */
	{ "\xed\xbf\xbf", "\\xed\\xbf\\xbf", 12 },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16 }, /* U+110000 */
	{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80", 20 },

	/* not seen, or turning the text around */
	{ "\xe2\x80\xae", "\\xe2\\x80\\xae", 12 }, /* U+202E */
	{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6", 12 }, /* U+2066 */
	{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b", 12 }, /* U+200B */
	{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8", 12 }, /* U+2028 */
	{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf", 12 }, /* U+FEFF */
	{ "\xe2\x80\x8a", "\xe2\x80\x8a", 1 },	   /* U+200A, a space */
	{ "\xe2\x80\x90", "\xe2\x80\x90", 1 },	   /* U+2010, a hyphen */
};

static void escapes(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct escape_case *c = &cases[i];
		char buf[64], *printed = NULL, *copy;
		size_t size = 0;
		FILE *f = open_memstream(&printed, &size);

		escape_print(f, c->in);
		fclose(f);
		CHECK_STR(printed, c->out);
		free(printed);

		CHECK_INT(escape_copy(buf, sizeof(buf), c->in), strlen(c->out));
		CHECK_STR(buf, c->out);
		copy = escape_dup(c->in);
		CHECK_STR(copy, c->out);
		free(copy);
		CHECK_INT(escape_width(c->in), c->width);
	}
}

/* All bytes at once: what comes out holds no control character. */
static void leaves_no_control_byte(void)
{
	char all[256], out[1024];

	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	escape_copy(out, sizeof(out), all);
	for (const char *s = out; *s; s++)
		CHECK(*s >= 0x20 && *s < 0x7f);
	/* 95 printable ones, 160 others as four */
	CHECK_INT(strlen(out), 95 + 160 * 4);
}

static void cuts_at_a_whole_character(void)
{
	char buf[16];

	memset(buf, '#', sizeof(buf));
	CHECK_INT(escape_copy(buf, 0, "abc"), 3);
	CHECK_INT(buf[0], '#');
	CHECK_INT(escape_copy(NULL, 0, "\x1b"), 4);
	CHECK_INT(escape_copy(buf, 1, "abc"), 3);
	CHECK_STR(buf, "");
	CHECK_INT(buf[1], '#');
	CHECK_INT(escape_copy(buf, 4, "abc"), 3);
	CHECK_STR(buf, "abc");
	CHECK_INT(escape_copy(buf, 3, "abc"), 3);
	CHECK_STR(buf, "ab");
	/* nothing behind what did not fit, though it is shorter */
	CHECK_INT(escape_copy(buf, 5,
			      "a\x1b"
			      "b"),
		  6);
	CHECK_STR(buf, "a");
	CHECK_INT(escape_copy(buf, 6,
			      "a\x1b"
			      "b"),
		  6);
	CHECK_STR(buf, "a\\x1b");
	CHECK_INT(escape_copy(buf, 3, "a\xc3\xa9"), 3);
	CHECK_STR(buf, "a");
	CHECK_INT(escape_copy(buf, 4, "a\xc3\xa9"), 3);
	CHECK_STR(buf, "a\xc3\xa9");
}

static const struct test tests[] = {
	TEST(escapes),
	TEST(leaves_no_control_byte),
	TEST(cuts_at_a_whole_character),
};

TEST_MAIN("escape")
