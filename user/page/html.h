/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all of a page has in common: its style, and how numbers look in it. Markup is written so
 * that XML parsers take it, too.
 */
#ifndef ASSAY_HTML_H
#define ASSAY_HTML_H

#include <stdio.h>

/* The style sheet: light and dark, screens of every width, paper. */
extern const char html_style[];

/* A text of our own as "-3.1 to +12 %", with minus signs in place of hyphens before numbers. */
void html_signed(FILE *out, const char *text);

#endif
