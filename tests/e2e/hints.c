// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hints [-m] [-0] [-j] [-f SECS [-r]] [-i SECS] DIR: what duet --hints prints, with mincore in
 * place of cachestat (-m), or followed for SECS, and then the rest (-r). Where the report can't be
 * told to do without a system call, this can.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "duet/hints.h"

int main(int argc, char **argv)
{
	struct hints_options options = { 0 };
	struct render render = { .out = stdout, .report = "hints" };
	struct hints *hints;
	uint64_t follow = 0, until;
	bool rest = false;
	char why[256];
	int c, err;

	while ((c = getopt(argc, argv, "m0jrf:i:")) != -1) {
		options.by_mincore |= c == 'm';
		options.null |= c == '0';
		render.json |= c == 'j';
		rest |= c == 'r';
		if ((c == 'f' && duration_parse(optarg, &follow)) ||
		    (c == 'i' && duration_parse(optarg, &options.interval)) || c == '?')
			return 2;
	}
	if (optind != argc - 1)
		return 2;
	options.dir = argv[optind];
	err = hints__new(&options, &hints, why, sizeof(why));
	if (err) {
		log_error("%s: %s", why, err_name(err));
		return 1;
	}
	render.wall = monotonic_now() + monotonic_to_wall();
	until = monotonic_now() + follow;
	while (!err && follow && monotonic_now() < until) {
		err = hints_follow(hints, &render);
		usleep(20000);
	}
	if (!err)
		err = follow ? hints_end(hints, &render, rest) : hints_print(hints, &render);
	fflush(stdout);
	hints_warn(hints, &render);
	hints__free(hints);
	return err ? 1 : 0;
}
