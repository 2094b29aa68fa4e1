// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Texts that probes pass, and what arguments mean.
 */
#include <stdlib.h>

#include "core/signature.h"
#include "core/text.h"
#include "test.h"

/* The hash as fold_types.h describes it: words of 8 bytes, the last filled up with zeros. */
static uint64_t hash_by_hand(const char *text, size_t len)
{
	uint64_t hash = FOLD_TEXT_SEED;

	for (size_t at = 0; at < len; at += 8) {
		uint64_t word = 0;

		for (size_t i = at; i < at + 8 && i < len; i++)
			word |= (uint64_t)(unsigned char)text[i] << 8 * (i - at);
		hash = fold_text_mix(hash, word);
	}
	return hash;
}

static void hash_is_of_words(void)
{
	char text[300];

	for (size_t len = 0; len <= 255; len++) {
		memset(text, 0, sizeof(text));
		for (size_t i = 0; i < len; i++)
			text[i] = (char)(0x21 + i * 37 % 0xd0);
		CHECK(text_hash(text) == hash_by_hand(text, len));
	}
	CHECK(text_hash("") == FOLD_TEXT_SEED);
	CHECK(text_hash("a") != text_hash("b"));
	CHECK(text_hash("ab") != text_hash("ba"));
	/* what is behind the NUL does not matter */
	CHECK(text_hash("abc\0def") == text_hash("abc"));
}

static void hash_ends_where_the_kernel_stops_reading(void)
{
	char a[400], b[400];

	memset(a, 'x', sizeof(a));
	a[399] = '\0';
	memcpy(b, a, sizeof(b));
	/* the 256th byte and what follows it do not count; the 255th does */
	b[255] = 'y';
	CHECK(text_hash(a) == text_hash(b));
	b[255] = '\0';
	CHECK(text_hash(a) == text_hash(b));
	b[254] = 'y';
	CHECK(text_hash(a) != text_hash(b));
	b[254] = '\0';
	CHECK(text_hash(a) != text_hash(b));
}

static void wrapped_texts_are_unwrapped(void)
{
	static const char *const texts[][2] = {
		{ "{\"ok\":\"5d8b2d34-40e3\"}", "5d8b2d34-40e3" },
		{ "{\"ok\":12}", "12" },
		{ "{\"ok\":-1.5}", "-1.5" },
		{ "{\"ok\":null}", "null" },
		{ "{\"ok\":true}", "true" },
		{ "{\"ok\":{\"a\":[1,2]}}", "{\"a\":[1,2]}" },
		{ "{\"ok\":[]}", "[]" },
		{ "{\"ok\":\"\"}", "" },
		{ "{\"ok\":\"a\\u001bb\\n\"}", "a\033b\n" },
		/* anything else is as it is */
		{ "{\"err\":\"too deep\"}", "{\"err\":\"too deep\"}" },
		{ "{\"ok\":\"5d8b2d34-", "{\"ok\":\"5d8b2d34-" },
		{ "{\"ok\":}", "{\"ok\":}" },
		{ "{}", "{}" },
		{ "{", "{" },
		{ "", "" },
		{ "name", "name" },
		{ "\"ok\"", "\"ok\"" },
		{ "[\"ok\"]", "[\"ok\"]" },
		{ " {\"ok\":1}", " {\"ok\":1}" },
		{ "{\"ok\":1} more", "{\"ok\":1} more" },
		{ "\xff\xfe", "\xff\xfe" },
		{ "{\"ok\":\"\xff\"}", "{\"ok\":\"\xff\"}" },
	};
	char plain[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_STR(text_plain(texts[i][0], plain, sizeof(plain)), texts[i][1]);
}

static void texts_are_cut_to_fit(void)
{
	char plain[8];

	memset(plain, 'z', sizeof(plain));
	CHECK_STR(text_plain("{\"ok\":\"abcdef\"}", plain, 4), "abc");
	CHECK_INT(plain[4], 'z');
	CHECK_STR(text_plain("{\"ok\":123456}", plain, 4), "123");
	CHECK_STR(text_plain("abcdef", plain, 4), "abc");
	CHECK_STR(text_plain("abcdef", plain, 1), "");
}

/* --- signatures --- */

static void check_names(const char *provider, const char *probe, const char *names)
{
	const struct signature *s = signature_find(provider, probe);
	char line[128] = "", one[40];

	for (int n = 0; n < 4; n++) {
		int len = 0;
		const char *name = signature_name(s, n, &len);

		snprintf(one, sizeof(one), "%s%.*s%s", n ? " " : "", len, name,
			 signature_texts(s) & 1u << n ? "*" : "");
		strcat(line, one);
	}
	CHECK_STR(line, names);
}

static void known_arguments_have_names(void)
{
	const char *up = "crucible_upstairs", *down = "crucible_downstairs";

	check_names(up, "up-status", "name* status* arg2 arg3");
	check_names(up, "volume-read-done", "counter volume* arg2 arg3");
	check_names(up, "volume-writeunwritten-start", "counter volume* arg2 arg3");
	check_names(up, "reqwest-read-start", "counter volume* arg2 arg3");
	check_names(up, "gw-write-unwritten-done", "job arg1 arg2 arg3");
	check_names(up, "gw-write-deps", "jobs deps arg2 arg3");
	check_names(up, "gw-close-start", "job extent arg2 arg3");
	check_names(up, "gw-reopen-done", "job extent arg2 arg3");
	check_names(up, "up-to-ds-read-start", "job arg1 arg2 arg3");
	check_names(up, "ds-read-net-start", "job client extent arg3");
	check_names(up, "ds-ping-sent", "count client arg2 arg3");
	check_names(up, "extent-or-start", "extent arg1 arg2 arg3");
	check_names(up, "up-action_guest", "count arg1 arg2 arg3");
	check_names(down, "submit-el-close-start", "job arg1 arg2 arg3");
	check_names(down, "work-process", "job arg1 arg2 arg3");
	check_names(down, "extent-flush-start", "job extent dirty arg3");
	check_names(down, "extent-flush-done", "job extent blocks arg3");
	check_names(down, "extent-flush-collect-hashes-done", "job extent rehashed arg3");
	check_names(down, "extent-write-file-done", "job extent blocks arg3");
	check_names(down, "extent-write-raw-context-insert-start", "job extent size arg3");
	check_names(down, "extent-context-truncate-start", "deletions arg1 arg2 arg3");
	check_names(down, "extent-set-block-contexts-write-count", "extent blocks arg2 arg3");
}

static void other_providers_are_not_known(void)
{
	CHECK(signature_find("dropshot", "request-start") == NULL);
	CHECK(signature_find("crucible_upstairs", "work-start") == NULL);
	CHECK(signature_find("crucible_upstair", "up-status") == NULL);
	CHECK_INT(signature_texts(NULL), 0);
	CHECK_INT(signature_index(NULL, "job"), -1);
	check_names("dropshot", "request-start", "arg0 arg1 arg2 arg3");
}

static void names_lead_to_arguments(void)
{
	const struct signature *s = signature_find("crucible_upstairs", "ds-close-start");

	CHECK_INT(signature_index(s, "job"), 0);
	CHECK_INT(signature_index(s, "client"), 1);
	CHECK_INT(signature_index(s, "extent"), 2);
	CHECK_INT(signature_index(s, "clien"), -1);
	CHECK_INT(signature_index(s, "clients"), -1);
	CHECK_INT(signature_index(s, ""), -1);
	/* the mark of a text is not of its name */
	s = signature_find("crucible_upstairs", "volume-read-start");
	CHECK_INT(signature_index(s, "volume"), 1);
	CHECK_INT(signature_index(s, "volume*"), -1);
}

static void probes_that_no_binary_has_are_known(void)
{
	CHECK(signature_gone("crucible_upstairs", "up-to-ds-write-unwritten-done") != NULL);
	CHECK(signature_gone("crucible_upstairs", "extent-or-start") != NULL);
	CHECK(signature_gone("crucible_upstairs", "up-to-ds-write-start") == NULL);
	CHECK(signature_gone("crucible_downstairs", "extent-or-start") == NULL);
}

static const struct test tests[] = {
	TEST(hash_is_of_words),
	TEST(hash_ends_where_the_kernel_stops_reading),
	TEST(wrapped_texts_are_unwrapped),
	TEST(texts_are_cut_to_fit),
	TEST(known_arguments_have_names),
	TEST(other_providers_are_not_known),
	TEST(names_lead_to_arguments),
	TEST(probes_that_no_binary_has_are_known),
};

TEST_MAIN("texts")
