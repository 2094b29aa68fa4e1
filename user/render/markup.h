/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text made fit for HTML and XML.
 */
#ifndef ASSAY_MARKUP_H
#define ASSAY_MARKUP_H

#include <stdio.h>

/*
 * Text that is not trusted, as content or within a quoted attribute: what means something in markup
 * becomes a character reference, what is no printable UTF-8 becomes \xNN.
 */
void markup_text(FILE *out, const char *text);

#endif
