/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The commands `assay baseline`, `assay check` and `assay ab`: measure runs of a build, and compare
 * them with another's.
 */
#ifndef ASSAY_COMPARE_H
#define ASSAY_COMPARE_H

/*
 * argv[0] is the command's name. Each returns the status to exit with: of baseline STATUS_OK when
 * all was measured and written; of the others STATUS_REGRESSION when there is one, and never for
 * a failure of our own.
 */
int cmd_baseline(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_ab(int argc, char **argv);

#endif
