/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command `assay probes`: the USDT probes of a file, of a process's executable, or of all
 * running processes' executables. Reads files only, attaches nothing.
 */
#ifndef ASSAY_PROBES_H
#define ASSAY_PROBES_H

/* argv[0] is the command's name. The exit status: 0, 1 failed, 2 wrong use, 3 no probe found. */
int cmd_probes(int argc, char **argv);

#endif
