// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "enums.h"

/* --- names in formats --- */

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Behind the text that begins with the quote at `s`. */
static const char *text_end(const char *s)
{
	for (s++; *s && *s != '"'; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s + 1 : s;
}

/* The next name in `s` that may be a constant; its length in *length. NULL when there is none. */
static const char *name_next(const char *s, int *braces, size_t *length)
{
	while (*s) {
		const char *start = s;

		if (*s == '"') {
			s = text_end(s);
		} else if (!is_letter(*s)) {
			*braces += (*s == '{') - (*s == '}');
			s++;
		} else {
			while (is_letter(*s))
				s++;
			*length = s - start;
			if (*braces > 0 && isupper((unsigned char)*start) && *s != '(')
				return start;
		}
	}
	return NULL;
}

static const char *print_fmt(const char *format)
{
	return strstr(format, "\nprint fmt:") ?: format + strlen(format);
}

int enums_collect(const char *format, struct enumerators *names)
{
	const char *at = print_fmt(format);
	int braces = 0;
	size_t length;

	while ((at = name_next(at, &braces, &length))) {
		struct enumerator *e;

		if (names->n == names->room) {
			e = reallocarray(names->list, 2 * names->room + 64, sizeof(*e));
			if (!e)
				return -ENOMEM;
			names->list = e;
			names->room = 2 * names->room + 64;
		}
		e = &names->list[names->n];
		*e = (struct enumerator){ .name = strndup(at, length) };
		if (!e->name)
			return -ENOMEM;
		names->n++;
		at += length;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct enumerator *)a)->name, ((const struct enumerator *)b)->name);
}

/* Sorts them, and leaves one of each. */
static void sort(struct enumerators *names)
{
	int kept = 0;

	qsort(names->list, names->n, sizeof(*names->list), by_name);
	for (int i = 0; i < names->n; i++) {
		if (kept && !strcmp(names->list[kept - 1].name, names->list[i].name))
			free(names->list[i].name);
		else
			names->list[kept++] = names->list[i];
	}
	names->n = kept;
}

static struct enumerator *find(const struct enumerators *names, const char *name)
{
	const struct enumerator key = { .name = (char *)name };

	return names->n ? bsearch(&key, names->list, names->n, sizeof(key), by_name) : NULL;
}

char *enums_replace(const char *format, const struct enumerators *names)
{
	const char *from = format, *at = print_fmt(format);
	char *text = NULL, name[256];
	size_t size, length;
	int braces = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	while ((at = name_next(at, &braces, &length))) {
		const struct enumerator *e;

		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		e = find(names, name);
		if (e && e->found == 1) {
			fwrite(from, 1, at - from, f);
			fprintf(f, "%lld", e->value);
			from = at + length;
		}
		at += length;
	}
	fputs(from, f);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

void enumerators_free(struct enumerators *names)
{
	for (int i = 0; i < names->n; i++)
		free(names->list[i].name);
	free(names->list);
	*names = (struct enumerators){ 0 };
}

/* --- values in BTF --- */

static void note_value(const struct enumerators *names, const char *name, long long value)
{
	struct enumerator *e = name ? find(names, name) : NULL;

	if (!e || (e->found && e->value == value))
		return;
	e->value = value;
	e->found++;
}

static void type_look(const struct btf *btf, const struct btf_type *t,
		      const struct enumerators *names)
{
	if (btf_is_enum(t)) {
		const struct btf_enum *e = btf_enum(t);

		for (int i = 0; i < btf_vlen(t); i++, e++)
			note_value(names, btf__name_by_offset(btf, e->name_off),
				   btf_kflag(t) ? (long long)e->val : (long long)(__u32)e->val);
	} else if (btf_is_enum64(t)) {
		const struct btf_enum64 *e = btf_enum64(t);

		for (int i = 0; i < btf_vlen(t); i++, e++)
			note_value(names, btf__name_by_offset(btf, e->name_off),
				   (long long)btf_enum64_value(e));
	}
}

static void btf_look(const struct btf *btf, int first, const struct enumerators *names)
{
	for (int id = first; id < (int)btf__type_cnt(btf); id++)
		type_look(btf, btf__type_by_id(btf, id), names);
}

/* What the modules know that the tracepoints are of; these are called as their systems are. */
static void modules_look(struct btf *kernel, const struct tracepoints *t,
			 const struct enumerators *names)
{
	const char *last = "";

	for (int i = 0; i < t->n; i++) {
		const char *system = t->list[i].system;
		char path[256];
		struct btf *btf;

		if (!strcmp(system, last))
			continue;
		last = system;
		snprintf(path, sizeof(path), "/sys/kernel/btf/%s", system);
		if (access(path, R_OK))
			continue;
		btf = btf__load_module_btf(system, kernel);
		if (btf)
			btf_look(btf, btf__type_cnt(kernel), names);
		btf__free(btf);
	}
}

static int replace_all(struct tracepoints *t, const struct enumerators *names)
{
	for (int i = 0; i < t->n; i++) {
		char *format = enums_replace(t->list[i].format, names);

		if (!format)
			return -ENOMEM;
		free(t->list[i].format);
		t->list[i].format = format;
	}
	return 0;
}

int enums_resolve(struct tracepoints *t)
{
	struct enumerators names = { 0 };
	struct btf *btf = NULL;
	int err = 0, found = 0;

	for (int i = 0; i < t->n && !err; i++)
		err = enums_collect(t->list[i].format, &names);
	if (!err && names.n) {
		sort(&names);
		btf = btf__load_vmlinux_btf();
	}
	if (btf) {
		btf_look(btf, 1, &names);
		modules_look(btf, t, &names);
		err = replace_all(t, &names);
	}
	for (int i = 0; i < names.n; i++) {
		found += names.list[i].found == 1;
		if (names.list[i].found != 1)
			log_debug("no value for %s, which a format has", names.list[i].name);
	}
	btf__free(btf);
	enumerators_free(&names);
	return err ?: found;
}
