/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * USDT sites as Rust's usdt crate lays them out: a one-byte nop, a SystemTap v3 note with the nop's
 * address, the address of a 16-bit semaphore in .probes, and an argument string. Unlike SystemTap's
 * own sdt.h, which lets the compiler put an argument anywhere, the arguments always sit in the
 * ABI's argument registers, in order.
 */
#ifndef SIM_USDT_H
#define SIM_USDT_H

#include <stdint.h>

#if defined(__x86_64__)
#define USDT_REG0 "rdi"
#define USDT_REG1 "rsi"
#define USDT_REG2 "rdx"
/* The argument's width, in bytes and by the register's name. */
#define USDT_AT0_8	  "8@%%rdi"
#define USDT_AT0_4	  "4@%%edi"
#define USDT_AT1_8	  "8@%%rsi"
#define USDT_AT1_4	  "4@%%esi"
#define USDT_AT1_1	  "1@%%sil"
#define USDT_AT2_8	  "8@%%rdx"
#define USDT_AT2_4	  "4@%%edx"
#define USDT_PHANTOM_ARGS "8@%rdi" /* outside of a function there are no operands to escape */
#elif defined(__aarch64__)
#define USDT_REG0	  "x0"
#define USDT_REG1	  "x1"
#define USDT_REG2	  "x2"
#define USDT_AT0_8	  "8@x0"
#define USDT_AT0_4	  "4@x0"
#define USDT_AT1_8	  "8@x1"
#define USDT_AT1_4	  "4@x1"
#define USDT_AT1_1	  "1@x1"
#define USDT_AT2_8	  "8@x2"
#define USDT_AT2_4	  "4@x2"
#define USDT_PHANTOM_ARGS "8@x0"
#else
#error "no argument registers known for this architecture"
#endif

/*
 * The shapes of arguments that Crucible's probes have. A string or a JSON text is a pointer, 8
 * bytes like a u64. For each shape: parameters, the registers they are moved to, asm operands, and
 * the note's argument string.
 */
#define USDT_PARAMS_NONE void
#define USDT_MOVE_NONE
#define USDT_OPS_NONE
#define USDT_ARGS_NONE ""

#define USDT_PARAMS_J  uint64_t a0
#define USDT_MOVE_J    register uint64_t r0 __asm__(USDT_REG0) = a0
#define USDT_OPS_J     "r"(r0)
#define USDT_ARGS_J    USDT_AT0_8

#define USDT_PARAMS_JJ uint64_t a0, uint64_t a1
#define USDT_MOVE_JJ                                  \
	register uint64_t r0 __asm__(USDT_REG0) = a0; \
	register uint64_t r1 __asm__(USDT_REG1) = a1
#define USDT_OPS_JJ    "r"(r0), "r"(r1)
#define USDT_ARGS_JJ   USDT_AT0_8 " " USDT_AT1_8

#define USDT_PARAMS_JE uint64_t a0, uint32_t a1
#define USDT_MOVE_JE                                  \
	register uint64_t r0 __asm__(USDT_REG0) = a0; \
	register uint32_t r1 __asm__(USDT_REG1) = a1
#define USDT_OPS_JE    "r"(r0), "r"(r1)
#define USDT_ARGS_JE   USDT_AT0_8 " " USDT_AT1_4

#define USDT_PARAMS_JC uint64_t a0, uint8_t a1
#define USDT_MOVE_JC                                  \
	register uint64_t r0 __asm__(USDT_REG0) = a0; \
	register uint8_t r1 __asm__(USDT_REG1) = a1
#define USDT_OPS_JC	"r"(r0), "r"(r1)
#define USDT_ARGS_JC	USDT_AT0_8 " " USDT_AT1_1

#define USDT_PARAMS_JCE uint64_t a0, uint8_t a1, uint32_t a2
#define USDT_MOVE_JCE                                 \
	register uint64_t r0 __asm__(USDT_REG0) = a0; \
	register uint8_t r1 __asm__(USDT_REG1) = a1;  \
	register uint32_t r2 __asm__(USDT_REG2) = a2
#define USDT_OPS_JCE	"r"(r0), "r"(r1), "r"(r2)
#define USDT_ARGS_JCE	USDT_AT0_8 " " USDT_AT1_1 " " USDT_AT2_4

#define USDT_PARAMS_JEN uint64_t a0, uint32_t a1, uint64_t a2
#define USDT_MOVE_JEN                                 \
	register uint64_t r0 __asm__(USDT_REG0) = a0; \
	register uint32_t r1 __asm__(USDT_REG1) = a1; \
	register uint64_t r2 __asm__(USDT_REG2) = a2
#define USDT_OPS_JEN   "r"(r0), "r"(r1), "r"(r2)
#define USDT_ARGS_JEN  USDT_AT0_8 " " USDT_AT1_4 " " USDT_AT2_8

#define USDT_PARAMS_EN uint32_t a0, uint64_t a1
#define USDT_MOVE_EN                                  \
	register uint32_t r0 __asm__(USDT_REG0) = a0; \
	register uint64_t r1 __asm__(USDT_REG1) = a1
#define USDT_OPS_EN  "r"(r0), "r"(r1)
#define USDT_ARGS_EN USDT_AT0_4 " " USDT_AT1_8

/* A note around three words: where, base, semaphore; one sequence for sites and for phantoms. */
#define USDT_NOTE(where, sema, prov, name, args)        \
	"	.pushsection .note.stapsdt, \"\", \"note\"\n" \
	"	.balign 4\n"                                  \
	"	.4byte 992f - 991f, 994f - 993f, 3\n"         \
	"991:	.asciz \"stapsdt\"\n"                     \
	"992:	.balign 4\n"                              \
	"993:	.8byte " where "\n"                     \
	"	.8byte _.stapsdt.base\n"                      \
	"	.8byte " sema "\n"                      \
	"	.asciz \"" prov "\"\n"                  \
	"	.asciz \"" name "\"\n"                  \
	"	.asciz \"" args "\"\n"                  \
	"994:	.balign 4\n"                              \
	"	.popsection\n"

#define USDT_SITE(prov, sema, name, args) "990:	nop\n" USDT_NOTE("990b", sema, prov, name, args)

/* What a linker leaves of a dropped function's site: no code at that address, no semaphore. */
#define USDT_PHANTOM(prov, name) __asm__(USDT_NOTE("0x5c", "0", prov, name, USDT_PHANTOM_ARGS))

/* Makes this place in the source unlike any other: else gcc merges equal sites into one. */
#define USDT_UNIQUE __asm__ volatile("" ::"i"(__COUNTER__))

/* One a program: the note's second word, which tells a prelinked address's shift. */
#define USDT_BASE                                                                            \
	__asm__("	.pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n" \
		"	.weak _.stapsdt.base\n"                                                    \
		"	.hidden _.stapsdt.base\n"                                                  \
		"_.stapsdt.base:\n"                                                          \
		"	.zero 1\n"                                                                 \
		"	.size _.stapsdt.base, 1\n"                                                 \
		"	.popsection\n")

#endif
