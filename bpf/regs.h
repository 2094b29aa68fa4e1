/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a probe's argument stands when the probe fires, as both sides know it. A register is named
 * by its index, in 8-byte words, in the structure a uprobe program gets as its context: struct
 * pt_regs on x86-64, struct user_pt_regs on aarch64 (arch/x86/include/uapi/asm/ptrace.h and
 * arch/arm64/include/uapi/asm/ptrace.h). No pointers, no libc.
 */
#ifndef ASSAY_REGS_H
#define ASSAY_REGS_H

enum x86_64_reg {
	X86_R15 = 0,
	X86_R14 = 1,
	X86_R13 = 2,
	X86_R12 = 3,
	X86_RBP = 4,
	X86_RBX = 5,
	X86_R11 = 6,
	X86_R10 = 7,
	X86_R9 = 8,
	X86_R8 = 9,
	X86_RAX = 10,
	X86_RCX = 11,
	X86_RDX = 12,
	X86_RSI = 13,
	X86_RDI = 14,
	X86_RIP = 16,
	X86_RSP = 19,
};

enum aarch64_reg {
	ARM64_X0 = 0, /* x0 to x30 are 0 to 30 */
	ARM64_X30 = 30,
	ARM64_SP = 31,
	ARM64_PC = 32,
};

#define REGS_NONE 255

#endif
