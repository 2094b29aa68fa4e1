// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whether a packet filter compiles, and where it does not: libpcap says what is wrong only.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

#ifndef HAVE_PCAP

int capture_check(const char *filter, size_t *where, char *why, size_t size)
{
	(void)filter;
	*where = 0;
	snprintf(why, size, "this assay was built without libpcap (Debian: libpcap-dev)");
	return -ENOTSUP;
}

#else

#include <pcap/pcap.h>

/* What makes a whole of the beginning of a filter, if anything does. */
static const char *const ends[] = {
	"",	" 1",	  " 1.2.3.4",	  " host 1.2.3.4", " ip",  "] = 1",   "1] = 1", "0] = 1",
	" = 1", " 1 = 1", " net 1.0.0.0", " 255.0.0.0",	   " 1-2", " port 1", " tcp",	NULL,
};

static bool compiles(pcap_t *pcap, const char *filter)
{
	struct bpf_program program;

	if (pcap_compile(pcap, &program, filter, 0, PCAP_NETMASK_UNKNOWN))
		return false;
	pcap_freecode(&program);
	return true;
}

/* Whether the first `len` bytes may begin a filter. */
static bool may_begin(pcap_t *pcap, const char *filter, size_t len)
{
	char *text = malloc(2 * len + 64);
	bool may = !text;

	for (int i = 0; ends[i] && !may; i++) {
		int open = 0;
		char *end = text + sprintf(text, "%.*s%s", (int)len, filter, ends[i]);

		for (const char *c = text; *c; c++)
			open += (*c == '(') - (*c == ')');
		while (open-- > 0)
			*end++ = ')';
		*end = '\0';
		may = compiles(pcap, text);
	}
	free(text);
	return may;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("._:/\\-", c);
}

/* The end of the word or operator that begins there. */
static size_t token_end(const char *filter, size_t at)
{
	if (!filter[at] || !is_word(filter[at])) {
		size_t n = strspn(filter + at, "&|<>=!");

		return at + (n ? n : 1);
	}
	while (filter[at] && is_word(filter[at]))
		at++;
	return at;
}

/* The first word that no filter has there, after those before it; the end, when more is missing. */
static size_t syntax_error_at(pcap_t *pcap, const char *filter)
{
	size_t at = strspn(filter, " \t\n");

	while (filter[at]) {
		size_t end = token_end(filter, at);

		if (!may_begin(pcap, filter, end))
			break;
		at = end + strspn(filter + end, " \t\n");
	}
	return at;
}

/* The word that libpcap's message quotes, or the number it names. */
static size_t named_at(const char *filter, const char *why)
{
	char word[128];
	const char *at = NULL;

	if (sscanf(why, "%*[^']'%127[^']'", word) == 1 ||
	    sscanf(why, "%*[^0-9]%127[0-9]", word) == 1)
		at = strstr(filter, word);
	return at ? (size_t)(at - filter) : 0;
}

int capture_check(const char *filter, size_t *where, char *why, size_t size)
{
	pcap_t *pcap = pcap_open_dead(DLT_LINUX_SLL2, CAPTURE_SNAPLEN);
	struct bpf_program program;
	const char *text;

	*where = 0;
	if (!pcap)
		return -ENOMEM;
	if (!pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN)) {
		pcap_freecode(&program);
		pcap_close(pcap);
		return 0;
	}
	text = pcap_geterr(pcap);
	if (strstr(text, "syntax error")) {
		snprintf(why, size, "not a packet filter, from here on");
		*where = syntax_error_at(pcap, filter);
	} else {
		snprintf(why, size, "%s", text);
		*where = named_at(filter, why);
	}
	pcap_close(pcap);
	return -EINVAL;
}

#endif
