// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What help and man pages say of `assay baseline`, `assay check` and `assay ab`.
 */
#include "compare_options.h"

#define STAGES                                                                                   \
	"The stages, from the guest to the disk: guest-OP, an IO at the upstairs' gateway; "     \
	"to-downstairs-OP, until it is queued for the downstairs; net-OP[CLIENT], over the "     \
	"network to one downstairs and back; downstairs-OP, the job in a downstairs, and its "   \
	"three parts: -queue, -os and -ack; extent-OP, and its steps: extent-write-file, "       \
	"extent-flush-file and others; disk-OP-queued[DEVICE] and disk-OP-device[DEVICE], a "    \
	"request in the block layer and at the disk. OP is read, write, write-unwritten, flush " \
	"and others. Patterns of --stages are shell wildcards against names without what is in " \
	"brackets. What did not fire, or is not on this machine, is not there.\n"

#define RUNS                                                                                     \
	"A run is as long as its command takes, or as -d says. It is cut into windows, and of "  \
	"each is kept, for each stage that fired, how many there were, their sum, the longest, " \
	"and their distribution: counts in buckets, 16 equal steps to each power of two. "       \
	"Windows show how a run went over time; what is compared is whole runs. --warmup "       \
	"leaves out the first of each, such as a command's start.\n"

#define KEPT                                                                                      \
	"After each run the file is written anew, whole or not at all. Ctrl-C ends the run that " \
	"is under way, and what was complete before is kept.\n"

#define METHOD                                                                                     \
	"Each run has of each stage its median, p90, p99, the mean of its slowest hundredth, its " \
	"mean, and how many there were a second (the rate). A run is one observation, whatever "   \
	"the number of IOs in it: IOs of one run wait for each other and for the same machine, "   \
	"and are no independent samples; so runs are mixed as a whole, as blocks. Of each "        \
	"metric the logarithms of the runs' values are compared: the difference of their means "   \
	"is the change, and has the standard error of B. Welch (Biometrika 34, 1947), which does " \
	"not take both sides for equally noisy.\n"                                                 \
	"How many standard errors an interval reaches is found by simulation from whole runs' "    \
	"deviations: pairs of sides without any difference are made of the runs' deviations from " \
	"their own side's mean, mixed by normally distributed weights, the same for all stages "   \
	"and metrics of a run, so that what goes together stays together (a multiplier "           \
	"bootstrap: V. Chernozhukov, D. Chetverikov, K. Kato: Gaussian Approximations and "        \
	"Multiplier Bootstrap for Maxima of Sums of High-Dimensional Random Vectors, Annals of "   \
	"Statistics 41, 2013). In each pair the greatest of all statistics is noted, and the "     \
	"interval reaches to that quantile of them which --confidence says. So all intervals "     \
	"hold together, however many stages are compared: that is the correction for their "       \
	"number (single-step max-t: P. Westfall, S. Young: Resampling-Based Multiple Testing, "    \
	"1993; T. Hothorn, F. Bretz, P. Westfall: Simultaneous Inference in General Parametric "   \
	"Models, Biometrical Journal 50, 2008). Where hundreds of runs would make it a matter of " \
	"minutes, the correction is Bonferroni's, which is a little wider. The simulation has a "  \
	"fixed seed: the same files give the same verdict.\n"                                      \
	"Slower, a regression, is a metric whose whole interval is worse than --threshold; same, " \
	"one whose whole interval is not; faster, one whose whole interval is better by the "      \
	"threshold; inconclusive, one whose interval holds the threshold: then it is told about "  \
	"how many more runs a side it takes. Less is worse of the rate. A metric is compared "     \
	"where every run of both sides has enough durations: 20 for the median, the mean and the " \
	"rate, 100 for p90, 1000 for p99 and the slowest hundredth; else there were too few. A "   \
	"stage has the most serious of its metrics' verdicts, and all together have the most "     \
	"serious of the stages'.\n"                                                                \
	"Slower stages come first, the likely cause of the others at the top: the one that "       \
	"surely moved most, or one further in that may have moved as much. A stage that waits "    \
	"for another gives way to it, and those of which only the rate fell come last.\n"

#define OUTPUTS                                                                                  \
	"A table on stdout: a line a stage, those first that are worse and moved most, with the" \
	" metric that moved most, both values, the change, and its interval, drawn. Stages that" \
	" are the same, and inconclusive ones behind the first eight, are named only; --all has" \
	" every metric of every stage. -j: one JSON object in place of the table. --junit, "     \
	"--markdown and --html write files besides: a test case a stage, in which a regression " \
	"is a failure; a table for a job's summary, appended to what is in the file; a page "    \
	"with the distributions, percentiles over time and heatmaps, which needs no network and" \
	" no script. --annotate github prints ::error, ::warning and ::notice lines, which "     \
	"GitHub's runner shows with the job, on stderr. Files are opened before anything is "    \
	"measured. Where nothing could be measured, they say so.\n"

#define KEYS                                                                                      \
	"JSON has the keys report (comparison), verdict, sentence, threshold and confidence "     \
	"(fractions), reach (standard errors), compared (metrics of stages), verdicts (how many " \
	"stages have each), forced (what --force overrode), sides (what both were measured on, "  \
	"how, and what was lost), and stages, in the order of the table: stage, text, depth, "    \
	"verdict, counts, main (the metric that the table shows) and metrics: median, p90, p99, " \
	"slowest_1_percent, mean and throughput, each with verdict, unit, before, after, change " \
	"and its interval from low to high (fractions; null: not compared), and more_runs.\n"

#define STATUSES                                                                                   \
	"Status: 0 no regression; 1 a regression; 2 wrong use, what is refused included; 3 could " \
	"not be measured, or what was asked for not be written. Inconclusive is 0, with --strict " \
	"1. Interrupted, with at least 3 complete runs a side, those are compared, and the "       \
	"status is 1 if there is a regression in them, else 3. No failure of the measuring is "    \
	"ever 1.\n"

#define COSTS                                                                                     \
	"Starts and dones are paired in the kernel: some 1.10 to 1.19 times what an empty probe " \
	"costs, half a microsecond, a stage and IO. Nothing is sent for each IO. Both sides pay " \
	"it alike. --stages guest-* costs least.\n"

#define CAVEATS                                                                                    \
	"A percentile is read from buckets that are 1/16 of a power of two wide, and lies on a "   \
	"straight line within its bucket: of a distribution that is narrower than a bucket it "    \
	"moves in steps of up to 6.25 %. The intervals have room for that, by how much of what "   \
	"decides the percentile lies in one bucket; the mean and "                                 \
	"the rate are exact.\n"                                                                    \
	"What makes intervals narrow is runs, and runs that are alike: 3 a side, the least, show " \
	"only large changes; begin with 10. Longer runs help as far as they are "                  \
	"more alike for it. The spread that baseline prints tells.\n"                              \
	"With a load that keeps a fixed number of IOs under way, a slower stage makes the rate "   \
	"lower, and one that waits for it slower. The rate of a stage is taken over the time in "  \
	"which it fired.\n"

const struct help_page baseline_page = {
	.name = "baseline",
	.args = "[-- COMMAND [ARG...]]",
	.summary = "measure runs of a build, to be compared with later: see check",
	.about =
		"Measures every stage of an IO's way, from the guest to the disk, in several "
		"runs, and keeps them in a file, with what the machine and the settings were: "
		"\"assay check\" measures the same way and compares. With a command, it is "
		"started for each run; else what runs here is measured, for -d a run.\n" RUNS STAGES
			KEPT,
	.prints = "A line a run, on stderr. At the end, on stdout, a line a stage: how many there "
		  "were in all runs, the median and p99 that are typical of a run, and behind each "
		  "how far the runs are apart (standard deviation by mean): the noise of this "
		  "machine, above which a change must be to be seen. -j: the same as one JSON "
		  "object: file, runs, runs_wanted, interrupted, and stages, each with stage, "
		  "count, runs (that have it), median_ns, median_spread, p99_ns, p99_spread; "
		  "spreads are fractions.\n"
		  "The file is JSON, one object with a checksum; user/compare/baseline.h says what "
		  "is in it.\n"
		  "Status: 0 all was measured and written, 2 wrong use, 3 it was not: nothing "
		  "fired, a run was too short, the command failed, or Ctrl-C. What was complete is "
		  "in the file.\n",
	.costs = COSTS,
	.caveats = "A baseline is good for the machine that it was measured on: check refuses "
		   "another. On shared machines \"assay ab\" measures both builds in turn, and "
		   "needs none.\n" CAVEATS,
	.each_option = baseline_options_each,
};

const struct help_page check_page = {
	.name = "check",
	.args = "[NEW.json | -- COMMAND [ARG...]]",
	.summary = "compare with a baseline: which stage got slower, by how much, and how surely",
	.about =
		"Measures as the baseline was measured (as many runs, as long, cut the same way, "
		"the same stages and disks, by the same command, which is in the file, unless "
		"another or -d is given), "
		"and compares the two, stage by stage. With NEW.json, of baseline or of -o, it "
		"compares the two files and measures nothing.\n"
		"Refused, before anything is measured, with the reason and status 2: a baseline "
		"that is damaged, cut short or of another version; one with fewer than 3 runs; one "
		"of another host (name, CPU, number of CPUs, memory, kernel) or measured otherwise "
		"(window, duration, warm-up, stages, disks, with a command or without). --force "
		"compares the last two all the same, and every output says so. The build of "
		"Crucible may differ: that is what is compared. So may the command, which may be "
		"another build's: it should be the same load.\n" METHOD STATUSES KEPT,
	.prints = OUTPUTS KEYS,
	.costs = COSTS,
	.caveats = "Without a command, -d or NEW.json, the command that the baseline was measured "
		   "by is run, as root; it is in the file, and said before: know where the file is "
		   "from.\n"
		   "A machine is not the same tomorrow: a neighbour, a fuller disk or another "
		   "kernel can move all stages. \"assay ab\" measures both builds in turn, so that "
		   "this cancels.\n" CAVEATS,
	.each_option = check_options_each,
};

const struct help_page ab_page = {
	.name = "ab",
	.args = "--a COMMAND --b COMMAND",
	.summary = "two builds in turn on this machine, compared: which stage got slower",
	.about = "Runs the commands of two builds in turn, A B B A A B B A, each --runs times, by "
		 "/bin/sh -c, measures every stage of an IO's way in each run, and compares B with "
		 "A, stage by stage. A drift of the machine weighs on both alike, and a steady "
		 "one cancels exactly where --runs is even: this is what continuous integration "
		 "should use.\n"
		 "The commands start what is measured, or put load on what runs: a command's end "
		 "is its run's end, and one that fails ends all.\n" METHOD STATUSES KEPT,
	.prints = OUTPUTS KEYS
	"With -o NAME what was measured is in NAME.a.json and NAME.b.json, which "
	"\"assay check --baseline NAME.a.json NAME.b.json\" compares again.\n",
	.costs = COSTS,
	.caveats = CAVEATS,
	.each_option = ab_options_each,
};
