/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a page is made of: text made fit for HTML, and the page's style. Markup is written so that
 * XML parsers take it, too.
 */
#ifndef ASSAY_COMPARE_HTML_H
#define ASSAY_COMPARE_HTML_H

#include <stdio.h>

/* The style sheet: light and dark, screens of every width, paper. */
extern const char html_style[];

/*
 * Text that is not trusted, as content or within a quoted attribute: what means something in HTML
 * becomes a character reference, what is no printable UTF-8 becomes \xNN.
 */
void html_text(FILE *out, const char *text);

/* A text of our own as "-3.1 to +12 %", with minus signs in place of hyphens before numbers. */
void html_signed(FILE *out, const char *text);

#endif
