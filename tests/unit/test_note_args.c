// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* note_args.c: the argument strings of notes. */
#include <elf.h>
#include <string.h>

#include "regs.h"
#include "core/notes.h"
#include "test.h"

struct arg_case {
	int machine;
	const char *text;
	int kind, reg, size;
	bool is_signed;
	int64_t value;
};

#define X86_REG(text, reg, size, sign)                            \
	{                                                         \
		EM_X86_64, text, NOTE_ARG_REG, reg, size, sign, 0 \
	}
#define X86_CONST(text, size, sign, n)                                    \
	{                                                                 \
		EM_X86_64, text, NOTE_ARG_CONST, REGS_NONE, size, sign, n \
	}
#define X86_OTHER(text, size, sign)                                       \
	{                                                                 \
		EM_X86_64, text, NOTE_ARG_OTHER, REGS_NONE, size, sign, 0 \
	}
#define ARM_REG(text, reg, size, sign)                             \
	{                                                          \
		EM_AARCH64, text, NOTE_ARG_REG, reg, size, sign, 0 \
	}
#define ARM_CONST(text, size, sign, n)                                     \
	{                                                                  \
		EM_AARCH64, text, NOTE_ARG_CONST, REGS_NONE, size, sign, n \
	}
#define ARM_OTHER(text, size, sign)                                        \
	{                                                                  \
		EM_AARCH64, text, NOTE_ARG_OTHER, REGS_NONE, size, sign, 0 \
	}

static const struct arg_case arg_cases[] = {
	X86_REG("8@%rax", X86_RAX, 8, false),
	X86_REG("-4@%eax", X86_RAX, 4, true),
	X86_REG("2@%ax", X86_RAX, 2, false),
	X86_REG("-1@%al", X86_RAX, 1, true),
	X86_REG("8@%rbx", X86_RBX, 8, false),
	X86_REG("1@%bl", X86_RBX, 1, false),
	X86_REG("8@%rcx", X86_RCX, 8, false),
	X86_REG("2@%cx", X86_RCX, 2, false),
	X86_REG("4@%edx", X86_RDX, 4, false),
	X86_REG("1@%dl", X86_RDX, 1, false),
	X86_REG("8@%rsi", X86_RSI, 8, false),
	X86_REG("4@%esi", X86_RSI, 4, false),
	X86_REG("1@%sil", X86_RSI, 1, false),
	X86_REG("8@%rdi", X86_RDI, 8, false),
	X86_REG("4@%edi", X86_RDI, 4, false),
	X86_REG("1@%dil", X86_RDI, 1, false),
	X86_REG("8@%rbp", X86_RBP, 8, false),
	X86_REG("8@%rsp", X86_RSP, 8, false),
	X86_REG("8@%r8", X86_R8, 8, false),
	X86_REG("4@%r9d", X86_R9, 4, false),
	X86_REG("2@%r10w", X86_R10, 2, false),
	X86_REG("1@%r11b", X86_R11, 1, false),
	X86_REG("8@%r12", X86_R12, 8, false),
	X86_REG("-4@%r13d", X86_R13, 4, true),
	X86_REG("8@%r14", X86_R14, 8, false),
	X86_REG("8@%r15", X86_R15, 8, false),
	X86_REG("1@%edi", X86_RDI, 1, false), /* the size is the argument's, not the register's */
	/* without a size: 8, or all that the register has */
	X86_REG("%rdi", X86_RDI, 8, false),
	X86_REG("%edi", X86_RDI, 4, false),
	X86_REG("%r8b", X86_R8, 1, false),

	X86_CONST("8@$5", 8, false, 5),
	X86_CONST("8@$-5", 8, false, -5),
	X86_CONST("-4@$-5", 4, true, -5),
	X86_CONST("4@$0x10", 4, false, 16),
	X86_CONST("4@$-1", 4, false, 4294967295), /* an unsigned int of all ones */
	X86_CONST("-4@$4294967295", 4, true, -1),
	X86_CONST("2@$-2", 2, false, 65534),
	X86_CONST("-2@$65534", 2, true, -2),
	X86_CONST("1@$511", 1, false, 255),
	X86_CONST("-1@$128", 1, true, -128),
	X86_CONST("$7", 8, false, 7),
	X86_CONST("8@$0xffffffffffffffff", 8, false, -1),
	X86_CONST("-8@$-9223372036854775808", 8, true, INT64_MIN),
	X86_CONST("8@$010", 8, false, 8), /* the assembler's octal */

	X86_OTHER("1@%ah", 1, false), /* no low bits of a word */
	X86_OTHER("1@%bh", 1, false),
	X86_OTHER("8@-16(%rbp)", 8, false),
	X86_OTHER("-4@112(%rsp)", 4, true),
	X86_OTHER("8@foo(%rip)", 8, false),
	X86_OTHER("foo@GOTPCREL(%rip)", 8, false),
	X86_OTHER("8@(%rax, %rbx, 8)", 8, false),
	X86_OTHER("8@%fs:0", 8, false),
	X86_OTHER("8f@%xmm0", 8, false),
	X86_OTHER("8f@%rax", 8, false),
	X86_OTHER("-4f@%xmm0", 4, true),
	X86_OTHER("16@%xmm0", 8, false),
	X86_OTHER("3@%rdi", 8, false), /* no size of an integer */
	X86_OTHER("0@%rdi", 8, false),
	X86_OTHER("08@%rdi", 8, false),
	X86_OTHER("88@%rdi", 8, false),
	X86_OTHER("8@%rip", 8, false),
	X86_OTHER("8@%rdix", 8, false),
	X86_OTHER("8@%rd", 8, false),
	X86_OTHER("8@%r7", 8, false),
	X86_OTHER("8@%r16", 8, false),
	X86_OTHER("8@%r08", 8, false),
	X86_OTHER("8@%r8x", 8, false),
	X86_OTHER("8@%r", 8, false),
	X86_OTHER("8@%", 8, false),
	X86_OTHER("8@rdi", 8, false),
	X86_OTHER("8@x0", 8, false),
	X86_OTHER("8@5", 8, false),
	X86_OTHER("8@", 8, false),
	X86_OTHER("@", 8, false),
	X86_OTHER("-@%rdi", 8, false),
	X86_OTHER("--8@%rdi", 8, false),
	X86_OTHER("8@$", 8, false),
	X86_OTHER("8@$-", 8, false),
	X86_OTHER("8@$--5", 8, false),
	X86_OTHER("8@$+5", 8, false),
	X86_OTHER("8@$5x", 8, false),
	X86_OTHER("8@$0x", 8, false),
	X86_OTHER("8@$foo", 8, false),
	X86_OTHER("8@$18446744073709551616", 8, false),
	X86_OTHER("8@$-9223372036854775809", 8, false),

	ARM_REG("8@x0", ARM64_X0, 8, false),
	ARM_REG("4@w1", ARM64_X0 + 1, 4, false),
	ARM_REG("4@x1", ARM64_X0 + 1, 4, false),
	ARM_REG("-4@w29", ARM64_X0 + 29, 4, true),
	ARM_REG("8@x30", ARM64_X30, 8, false),
	ARM_REG("8@sp", ARM64_SP, 8, false),
	ARM_REG("x19", ARM64_X0 + 19, 8, false),
	ARM_REG("w19", ARM64_X0 + 19, 4, false),
	ARM_CONST("8@xzr", 8, false, 0),
	ARM_CONST("4@wzr", 4, false, 0),
	ARM_CONST("-4@5", 4, true, 5),
	ARM_CONST("-4@-5", 4, true, -5),
	ARM_CONST("4@-1", 4, false, 4294967295),
	ARM_CONST("8@0x20", 8, false, 32),
	ARM_CONST("12", 8, false, 12),
	ARM_OTHER("8@[sp, 16]", 8, false),
	ARM_OTHER("8@[x19]", 8, false),
	ARM_OTHER("-4@[x19,-8]", 4, true),
	ARM_OTHER("8@x31", 8, false),
	ARM_OTHER("8@x00", 8, false),
	ARM_OTHER("8@x", 8, false),
	ARM_OTHER("8@w1x", 8, false),
	ARM_OTHER("4@s0", 4, false),
	ARM_OTHER("8f@d0", 8, false),
	ARM_OTHER("8@%rdi", 8, false),
	ARM_OTHER("8@$5", 8, false),
	ARM_OTHER("8@spx", 8, false),

	{ EM_RISCV, "8@a0", NOTE_ARG_OTHER, REGS_NONE, 8, false, 0 },
	{ EM_386, "-4@%eax", NOTE_ARG_OTHER, REGS_NONE, 4, true, 0 },
};

static void parses_arguments(void)
{
	for (size_t i = 0; i < sizeof(arg_cases) / sizeof(arg_cases[0]); i++) {
		const struct arg_case *c = &arg_cases[i];
		int failed = test_failed;
		struct note_site site;

		memset(&site, 0xa5, sizeof(site)); /* nothing may be left as it was */
		test_failed = 0;
		notes_parse_args(c->machine, c->text, &site);
		CHECK_INT(site.nargs, 1);
		CHECK_INT(site.args_cut, false);
		CHECK_INT(site.args[0].kind, c->kind);
		CHECK_INT(site.args[0].reg, c->reg);
		CHECK_INT(site.args[0].size, c->size);
		CHECK_INT(site.args[0].is_signed, c->is_signed);
		CHECK_INT(site.args[0].value, c->value);
		CHECK_STR(site.args[0].text, c->text);
		if (test_failed)
			printf("# in '%s'\n", c->text);
		test_failed |= failed;
	}
}

static void splits_arguments(void)
{
	struct note_site site;

	notes_parse_args(EM_X86_64, "", &site);
	CHECK_INT(site.nargs, 0);
	CHECK_INT(site.args_cut, false);
	notes_parse_args(EM_X86_64, " \t ", &site);
	CHECK_INT(site.nargs, 0);

	notes_parse_args(EM_X86_64, "  8@%rdi\t4@%esi  1@%dl ", &site);
	CHECK_INT(site.nargs, 3);
	CHECK_STR(site.args[0].text, "8@%rdi");
	CHECK_STR(site.args[1].text, "4@%esi");
	CHECK_STR(site.args[2].text, "1@%dl");

	/* blanks in brackets do not part */
	notes_parse_args(EM_AARCH64, "8@[sp, 16] 4@w2 8@[x0, [x1], 3] 8@x3", &site);
	CHECK_INT(site.nargs, 4);
	CHECK_STR(site.args[0].text, "8@[sp, 16]");
	CHECK_STR(site.args[2].text, "8@[x0, [x1], 3]");
	CHECK_INT(site.args[3].reg, ARM64_X0 + 3);
	notes_parse_args(EM_X86_64, "8@8(%rax, %rbx, 2) 8@%rdi", &site);
	CHECK_INT(site.nargs, 2);
	CHECK_INT(site.args[1].reg, X86_RDI);
	/* a bracket never closed takes the rest; one never opened takes nothing */
	notes_parse_args(EM_AARCH64, "8@[sp, 16 8@x0", &site);
	CHECK_INT(site.nargs, 1);
	notes_parse_args(EM_AARCH64, "8@] 8@x0", &site);
	CHECK_INT(site.nargs, 2);
}

static void cuts_arguments(void)
{
	struct note_site site;

	notes_parse_args(EM_X86_64,
			 "1@$1 1@$2 1@$3 1@$4 1@$5 1@$6 1@$7 1@$8 1@$9 1@$10 1@$11 1@$12  ", &site);
	CHECK_INT(site.nargs, 12);
	CHECK_INT(site.args_cut, false);
	CHECK_INT(site.args[11].value, 12);
	notes_parse_args(EM_X86_64,
			 "1@$1 1@$2 1@$3 1@$4 1@$5 1@$6 1@$7 1@$8 1@$9 1@$10 1@$11 1@$12 1@$13",
			 &site);
	CHECK_INT(site.nargs, 12);
	CHECK_INT(site.args_cut, true);
	CHECK_INT(site.args[11].value, 12);

	/* 39 characters fit; of 40, the first 39 */
	notes_parse_args(EM_X86_64, "8@$0x0000000000000000000000000000000012", &site);
	CHECK_INT(site.args[0].kind, NOTE_ARG_CONST);
	CHECK_INT(site.args[0].value, 0x12);
	CHECK_INT(strlen(site.args[0].text), 39);
	notes_parse_args(EM_X86_64, "-4@$0x0000000000000000000000000000000012 8@%rdi", &site);
	CHECK_INT(site.nargs, 2);
	CHECK_INT(site.args[0].kind, NOTE_ARG_OTHER);
	CHECK_INT(site.args[0].size, 4);
	CHECK_INT(site.args[0].is_signed, true);
	CHECK_STR(site.args[0].text, "-4@$0x000000000000000000000000000000001");
	CHECK_INT(site.args[1].reg, X86_RDI);
}

static const struct test tests[] = {
	TEST(parses_arguments),
	TEST(splits_arguments),
	TEST(cuts_arguments),
};

TEST_MAIN("note-args")
