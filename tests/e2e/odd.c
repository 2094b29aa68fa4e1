// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program with a probe of crucible_upstairs that no report can read: its argument stands in
 * memory. It sleeps until it is killed.
 */
#include <unistd.h>

int main(void)
{
	__asm__ volatile("990: nop\n"
			 ".pushsection .note.stapsdt,\"\",\"note\"\n"
			 ".balign 4\n"
			 ".4byte 8, 992f-991f, 3\n"
			 ".asciz \"stapsdt\"\n"
			 "991: .8byte 990b, 0, 0\n"
			 ".asciz \"crucible_upstairs\"\n"
			 ".asciz \"gw-read-start\"\n"
			 ".asciz \"8@-16(%%rbp)\"\n"
			 "992: .balign 4\n"
			 ".popsection\n" ::);
	pause();
	return 0;
}
