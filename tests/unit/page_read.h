/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A page as a test reads it: its elements with attributes and text, character references decoded.
 * Stricter than browsers: every element is closed in its order, every attribute is quoted and there
 * once, no other character references than those that the page has need of.
 */
#ifndef ASSAY_PAGE_READ_H
#define ASSAY_PAGE_READ_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ATTRS 12
#define PAGE_TAKEN 8

struct page_element {
	char name[16];
	int parent; /* -1: the root */
	int nattrs;
	struct {
		char name[24];
		char *value;
	} attrs[PAGE_ATTRS];
	size_t text, text_end; /* in the page's, with that of what is within */
};

struct page {
	struct page_element *elements;
	int n;
	char *text; /* of all, with a NUL */
	size_t len;
	char *taken[PAGE_TAKEN]; /* what page_text() gave last */
	int ntaken;
	const char *p;
	char why[128]; /* what is wrong; "" */
};

static inline bool page_fail(struct page *page, const char *why)
{
	if (!page->why[0])
		snprintf(page->why, sizeof(page->why), "%s at: %.60s", why, page->p);
	return false;
}

/* A character of text or of a value, decoded; what a reference stands for is below 128. */
static inline int page_char(struct page *page)
{
	char *end;
	long c;

	if (*page->p != '&')
		return *page->p++;
	if (page->p[1] != '#') {
		page_fail(page, "a reference that is no number");
		return page->p++ ? ' ' : 0;
	}
	c = strtol(page->p + 2, &end, 10);
	if (*end != ';' || c < 32 || c > 126)
		page_fail(page, "an odd reference");
	page->p = end + 1;
	return (int)c;
}

static inline size_t page_word(struct page *page, char *word, size_t size)
{
	size_t n =
		strspn(page->p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789");

	if (!n || n >= size) {
		page_fail(page, "no name, or a long one");
		n = 0;
	}
	memcpy(word, page->p, n);
	word[n] = '\0';
	page->p += n;
	return n;
}

static inline void page_attribute(struct page *page, struct page_element *e)
{
	size_t n = 0;
	char *value;

	if (e->nattrs == PAGE_ATTRS || !page_word(page, e->attrs[e->nattrs].name, 24) ||
	    strncmp(page->p, "=\"", 2)) {
		page_fail(page, "an odd attribute");
		page->p += *page->p != '\0';
		return;
	}
	page->p += 2;
	for (int i = 0; i < e->nattrs; i++)
		if (!strcmp(e->attrs[i].name, e->attrs[e->nattrs].name))
			page_fail(page, "an attribute twice");
	value = e->attrs[e->nattrs++].value = malloc(strlen(page->p) + 1);
	while (*page->p && *page->p != '"' && *page->p != '<')
		value[n++] = (char)page_char(page);
	value[n] = '\0';
	if (*page->p == '"')
		page->p++;
	else
		page_fail(page, "a value without an end");
}

/* Behind a "<". Returns whether the element holds anything. */
static inline bool page_open(struct page *page, int parent)
{
	struct page_element *e;

	page->elements = realloc(page->elements, (page->n + 1) * sizeof(*e));
	e = memset(&page->elements[page->n++], 0, sizeof(*e));
	e->parent = parent;
	e->text = e->text_end = page->len;
	page_word(page, e->name, sizeof(e->name));
	while (*page->p == ' ') {
		page->p++;
		page_attribute(page, e);
	}
	if (!strncmp(page->p, "/>", 2)) {
		page->p += 2;
		return false;
	}
	if (*page->p == '>')
		page->p++;
	else
		page_fail(page, "a tag without an end");
	return true;
}

static inline int page_close(struct page *page, int open)
{
	char name[16];

	page_word(page, name, sizeof(name));
	if (*page->p++ != '>' || open < 0 || strcmp(page->elements[open].name, name)) {
		page_fail(page, "an end of another element");
		return open;
	}
	page->elements[open].text_end = page->len;
	return page->elements[open].parent;
}

/* Reads a page. False, with why, when it is not well-formed. Freed with page_free() in any case. */
static inline bool page_read(struct page *page, const char *html)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	int open = -1;

	*page = (struct page){ .p = html, .text = malloc(strlen(html) + 1) };
	if (strncmp(html, doctype, strlen(doctype)))
		return page_fail(page, "no doctype");
	page->p += strlen(doctype);
	while (*page->p && !page->why[0]) {
		if (!strncmp(page->p, "</", 2)) {
			page->p += 2;
			open = page_close(page, open);
		} else if (*page->p == '<') {
			page->p++;
			if (page_open(page, open))
				open = page->n - 1;
		} else {
			page->text[page->len++] = (char)page_char(page);
		}
	}
	page->text[page->len] = '\0';
	if (open >= 0)
		page_fail(page, "elements that do not end");
	return !page->why[0];
}

static inline void page_free(struct page *page)
{
	for (int i = 0; i < page->n; i++)
		for (int a = 0; a < page->elements[i].nattrs; a++)
			free(page->elements[i].attrs[a].value);
	free(page->elements);
	free(page->text);
	for (int i = 0; i < PAGE_TAKEN; i++)
		free(page->taken[i]);
}

/* An attribute, or NULL. */
static inline const char *page_attr(const struct page *page, int element, const char *name)
{
	const struct page_element *e = &page->elements[element];

	for (int a = 0; element >= 0 && a < e->nattrs; a++)
		if (!strcmp(e->attrs[a].name, name))
			return e->attrs[a].value;
	return NULL;
}

/* All text within; good for the next seven, too. */
static inline const char *page_text(struct page *page, int element)
{
	const struct page_element *e = &page->elements[element];
	char **taken = &page->taken[page->ntaken++ % PAGE_TAKEN];

	free(*taken);
	*taken = element < 0 ? strdup("(no such element)")
			     : strndup(page->text + e->text, e->text_end - e->text);
	return *taken;
}

static inline bool page_has_class(const struct page *page, int element, const char *class)
{
	const char *all = page_attr(page, element, "class");
	size_t n = strlen(class);

	for (const char *p = all; p && (p = strstr(p, class)); p += n)
		if ((p == all || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

static inline bool page_is_in(const struct page *page, int element, int within)
{
	while (element >= 0 && element != within)
		element = page->elements[element].parent;
	return element == within;
}

/*
 * The first element behind `after` (-1: all) that is in `within` (-1: anywhere), of that name and
 * class, of which NULL is any. -1 when there is none.
 */
static inline int page_find(const struct page *page, int after, int within, const char *name,
			    const char *class)
{
	for (int i = after + 1; i < page->n; i++)
		if ((!name || !strcmp(page->elements[i].name, name)) &&
		    (!class || page_has_class(page, i, class)) &&
		    (within < 0 || (i != within && page_is_in(page, i, within))))
			return i;
	return -1;
}

static inline int page_count(const struct page *page, int within, const char *name,
			     const char *class)
{
	int n = 0;

	for (int i = -1; (i = page_find(page, i, within, name, class)) >= 0;)
		n++;
	return n;
}

/* The element that has an id; -1. */
static inline int page_id(const struct page *page, const char *id)
{
	for (int i = 0; i < page->n; i++)
		if (page_attr(page, i, "id") && !strcmp(page_attr(page, i, "id"), id))
			return i;
	return -1;
}

#endif
