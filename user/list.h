/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `assay list [-j]`: the reports, with the probes each uses.
 */
#ifndef ASSAY_LIST_H
#define ASSAY_LIST_H

/* argv[0] is "list". Returns the exit status. */
int cmd_list(int argc, char **argv);

#endif
