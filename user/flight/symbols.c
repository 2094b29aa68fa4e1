// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

struct symbol {
	uint64_t address;
	uint32_t name, module; /* places in the text; 0: none */
	char type;	       /* as nm(1) has them */
};

struct symbols {
	char *text;
	struct symbol *list; /* by address, then as they came */
	size_t n;
	bool has_data; /* also those of data, CONFIG_KALLSYMS_ALL: the kernel prints these, too */
};

#define DATA_MIN 1024 /* without that option there are a few nevertheless */

/* "ffffffff81000000 T _stext", and "\t[xfs]" behind those of a module. Cuts the line to pieces. */
static bool line_parse(char *text, char *line, struct symbol *symbol)
{
	char *at, *module;

	symbol->address = strtoull(line, &at, 16);
	if (at == line || at[0] != ' ' || !at[1] || at[2] != ' ' || !at[3])
		return false;
	symbol->type = at[1];
	at += 3;
	module = strchr(at, '\t');
	if (module)
		*module++ = '\0';
	symbol->name = at - text;
	symbol->module = module ? module - text : 0;
	return symbol->address != 0; /* all are 0 for who may not see them */
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static bool is_code(const struct symbols *s, const struct symbol *symbol)
{
	/* these end it */
	const char *const ends[] = { "_etext", "_einittext" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(s->text + symbol->name, ends[i]))
			return false;
	return strchr("tTwW", symbol->type);
}

struct symbols *symbols__new(const char *text, size_t size)
{
	struct symbols *s = calloc(1, sizeof(*s));
	size_t lines = 1, data = 0;

	if (!s)
		return NULL;
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	s->text = malloc(size + 1);
	s->list = calloc(lines, sizeof(*s->list));
	if (!s->text || !s->list) {
		symbols__free(s);
		return NULL;
	}
	memcpy(s->text, text, size);
	s->text[size] = '\0';
	for (char *line = s->text, *end; *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = '\0';
		if (s->n < lines && line_parse(s->text, line, &s->list[s->n]))
			data += strchr("dDbBrR", s->list[s->n++].type) != NULL;
	}
	s->has_data = data >= DATA_MIN;
	qsort(s->list, s->n, sizeof(*s->list), by_address);
	return s;
}

/* The first of those with the highest address that is not above. */
static const struct symbol *symbol_find(const struct symbols *s, uint64_t address)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	low--;
	while (low && s->list[low - 1].address == s->list[low].address)
		low--;
	return &s->list[low];
}

bool symbols_print(const struct symbols *s, uint64_t address, bool offset, char *text, size_t size)
{
	const struct symbol *symbol = symbol_find(s, address), *next = symbol;
	const char *module = "", *blank = "";

	if (!symbol || (!s->has_data && !is_code(s, symbol)))
		return false;
	while (next < s->list + s->n && next->address == symbol->address)
		next++;
	/* behind the last one there is anything but the kernel */
	if (next == s->list + s->n)
		return false;
	if (symbol->module) {
		module = s->text + symbol->module;
		blank = " ";
	}
	if (offset)
		snprintf(text, size, "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s", s->text + symbol->name,
			 address - symbol->address, next->address - symbol->address, blank, module);
	else
		snprintf(text, size, "%s%s%s", s->text + symbol->name, blank, module);
	return true;
}

void symbols__free(struct symbols *s)
{
	if (!s)
		return;
	free(s->text);
	free(s->list);
	free(s);
}
