// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What help and man pages say of `assay flight` and `assay scoutfs`.
 */
#include "flight_options.h"

#define PRINTS                                                                                  \
	"The path of what was written, on stdout; while it runs, on a terminal, a line with "   \
	"events a second, how far back the kept ones reach, what was lost, packets, and the "   \
	"disk's free space.\n"                                                                  \
	"The tarball holds one folder, NAME-trace.HOST.DATE-TIME.XXXXXX: time.log (when it "    \
	"began and ended, by all clocks), event.log (what ended it, and when), trace.txt (the " \
	"events, in order of time), trace.raw (the same, to be decoded again elsewhere: "       \
	"--decode), capture-0.pcap and capture-1.pcap (the packets; 50 MiB each, filled in "    \
	"turn), dmesg and journal (the last 1000 lines), proc.start and proc.finish (meminfo, " \
	"vmstat, interrupts, mounts and diskstats of then), uname, and assay.log (how it was "  \
	"called, what it missed, and how far back it reaches). All times are UTC; those of "    \
	"trace.txt, and those in brackets of event.log, are seconds of the monotonic clock, "   \
	"which time.log relates to the others.\n"

#define ENDS                                                                                       \
	"The first of SIGINT, SIGTERM and SIGHUP ends it as Ctrl-C does; a second one, while the " \
	"tarball is written, leaves the folder as it is, named .partial. So does whatever else "   \
	"goes wrong, a crash included: assay flight --decode FOLDER prints what it holds.\n"       \
	"Status: 0 a tarball was written, 1 failed or refused, 2 wrong use, 3 nothing to trace.\n"

/* Measured by tests/bench/flight on two cores of an AMD EPYC, Linux 6.18. */
#define COSTS                                                                                      \
	"An event costs what it comes from some 80 ns, on a system call of 120 ns; to decode it "  \
	"takes 2.4 us, at the end. 902 tracepoints are attached in 0.2 s and let go of in 0.1 s. " \
	"The kernel takes longer to give their descriptors back, 44 s for so many: a process "     \
	"called assay-holder has them until then, nothing is recorded any more, and modules "      \
	"whose tracepoints these are can't be unloaded.\n"                                         \
	"The kernel runs no BPF program inside another: an event of an interrupt that comes in "   \
	"the midst of recording another is not recorded, and counted as not seen.\n"

#define CAVEATS                                                                                    \
	"One at a time on a host (/run/assay-flight.lock). The folder should be on a file system " \
	"that is not traced: what is written there would be traced, and written again. The "       \
	"tarball holds packets, names of files and logs: it is made for its owner only.\n"

#define PROBES_ABOUT                                                                              \
	"USDT probes are recorded in the same trace: --events usdt:PROVIDER:PROBE, as \"assay "   \
	"probes\" lists them, of all processes that have them, or begin to run meanwhile, or of " \
	"those of -p. Crucible's can end the recording: when a job took too long between a pair " \
	"of probes (--trigger-latency: any pair that \"assay latency\" measures), and "           \
	"when a downstairs of any upstairs comes into a state (--trigger-state).\n"

#define PROBES_PRINT                                                                                \
	"With Crucible's probes there are upstairs_info.txt, what each upstairs said of itself in " \
	"the last minute before the trigger, and perfgw.txt, the gateway's latencies of that "      \
	"minute and of all of the recording, and what was under way. trace.raw/hits.N has the "     \
	"hits of all probes as a recording, which every report reads: assay perfgw --replay "       \
	"hits.0.\n"

#define PROBES_CAVEATS                                                                             \
	"--trigger-latency fires as a job ends: one that never does is in perfgw.txt only. An "    \
	"upstairs tells its downstairs' states once a second: one that comes and goes in between " \
	"is not seen, and one that was there when the recording began is noted in event.log and "  \
	"ends nothing. Hits are named by their process, events of the kernel by their thread.\n"

const struct help_page flight_page = {
	.name = "flight",
	.summary = "trace all the time, keep the last of it, and write it all when the event comes",
	.about = "Records every event of the kernel's tracepoints that --events names, a bounded "
		 "amount on each CPU, the oldest dropped first; packets that pass a filter, in two "
		 "files in turn; and waits. When the event of interest comes (a line of the "
		 "kernel's log that matches --trigger-kmsg, a job of Crucible's that took too "
		 "long, a downstairs that is faulted, -d, or Ctrl-C), it goes on for --post, ends, "
		 "and writes one tarball with the trace and all that was around it: the last of "
		 "the logs, the host's counters before and after, and what was lost.\n"
		 "What is recorded goes to the disk as it comes.\n" PROBES_ABOUT ENDS,
	.prints = PRINTS PROBES_PRINT,
	.costs = COSTS,
	.caveats = CAVEATS PROBES_CAVEATS,
	.each_option = flight_options_each,
};

const struct help_page scoutfs_page = {
	.name = "scoutfs",
	.args = "IP PORT",
	.summary = "record scoutfs and its server's packets until a node is fenced",
	.about = "A flight (see assay-flight(1)) for scoutfs: all its tracepoints, those of every "
		 "scoutfs file system of the host; the packets to and from the server that "
		 "listens at IP:PORT, on any interface; until the kernel's log says that a server "
		 "closes or that a client is fenced because its reconnection timed out. Start it, "
		 "wait for it to end by itself, and send the tarball.\n"
		 "It begins once a heartbeat (UDP) to or from IP:PORT has been seen.\n" ENDS,
	.prints = PRINTS,
	.costs = COSTS,
	.caveats = CAVEATS,
	.each_option = scoutfs_options_each,
};
