// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "notes.h"
#include "regs.h"

/*
 * Argument strings of the notes: blank-separated operands as the assembler writes them, each with
 * its size in front, negative when it is signed: [-]N@OPERAND.
 */

struct x86_reg {
	char r64[4], r32[4], r16[4],
		r8[4]; /* the high bytes (%ah) are no word's low bits: left out */
	uint8_t word;
};

static const struct x86_reg x86_regs[] = {
	{ "rax", "eax", "ax", "al", X86_RAX },	{ "rbx", "ebx", "bx", "bl", X86_RBX },
	{ "rcx", "ecx", "cx", "cl", X86_RCX },	{ "rdx", "edx", "dx", "dl", X86_RDX },
	{ "rsi", "esi", "si", "sil", X86_RSI }, { "rdi", "edi", "di", "dil", X86_RDI },
	{ "rbp", "ebp", "bp", "bpl", X86_RBP }, { "rsp", "esp", "sp", "spl", X86_RSP },
};

static const uint8_t x86_numbered[] = { X86_R8,	 X86_R9,  X86_R10, X86_R11,
					X86_R12, X86_R13, X86_R14, X86_R15 };

/* A number of one or two digits without a leading zero; *rest behind it. -1: there is none. */
static int small_number(const char *s, const char **rest)
{
	int n;

	if (!isdigit((unsigned char)s[0]))
		return -1;
	n = s[0] - '0';
	if (n && isdigit((unsigned char)s[1])) {
		n = n * 10 + s[1] - '0';
		s++;
	}
	*rest = s + 1;
	return n;
}

/* The context's word of a register and the register's size; REGS_NONE if it is none we know. */
static uint8_t x86_reg(const char *name, uint8_t *size)
{
	const char *rest;
	int n;

	for (size_t i = 0; i < sizeof(x86_regs) / sizeof(x86_regs[0]); i++) {
		const struct x86_reg *reg = &x86_regs[i];

		*size = !strcmp(name, reg->r64)	  ? 8
			: !strcmp(name, reg->r32) ? 4
			: !strcmp(name, reg->r16) ? 2
			: !strcmp(name, reg->r8)  ? 1
						  : 0;
		if (*size)
			return reg->word;
	}
	if (name[0] != 'r')
		return REGS_NONE;
	n = small_number(name + 1, &rest);
	if (n < 8 || n > 15)
		return REGS_NONE;
	*size = !strcmp(rest, "")    ? 8
		: !strcmp(rest, "d") ? 4
		: !strcmp(rest, "w") ? 2
		: !strcmp(rest, "b") ? 1
				     : 0;
	return *size ? x86_numbered[n - 8] : REGS_NONE;
}

static uint8_t arm64_reg(const char *name, uint8_t *size)
{
	const char *rest;
	int n;

	*size = 8;
	if (!strcmp(name, "sp"))
		return ARM64_SP;
	if (name[0] == 'w')
		*size = 4;
	else if (name[0] != 'x')
		return REGS_NONE;
	n = small_number(name + 1, &rest);
	if (n < 0 || n > ARM64_X30 - ARM64_X0 || *rest)
		return REGS_NONE;
	return ARM64_X0 + n;
}

/* A whole number as the assembler reads it (0x..: hex, 0..: octal). */
static bool parse_constant(const char *s, int64_t *value)
{
	bool negative = *s == '-';
	unsigned long long n;
	char *end;

	s += negative;
	if (!isdigit((unsigned char)*s)) /* strtoull takes blanks and a second sign */
		return false;
	errno = 0;
	n = strtoull(s, &end, 0);
	if (errno || *end || (negative && n > (uint64_t)INT64_MAX + 1))
		return false;
	*value = (int64_t)(negative ? -n : n);
	return true;
}

/* What a variable of that size and sign holds when it is set to `value`. */
static int64_t cut_constant(int64_t value, uint8_t size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? (int64_t)(int8_t)value : (int64_t)(uint8_t)value;
	case 2:
		return is_signed ? (int64_t)(int16_t)value : (int64_t)(uint16_t)value;
	case 4:
		return is_signed ? (int64_t)(int32_t)value : (int64_t)(uint32_t)value;
	default:
		return value;
	}
}

/*
 * The size and sign in front of an operand. Returns the operand; NULL for a float or a size that
 * no integer has. Without that part, which old notes leave out, *sized is false.
 */
static const char *parse_prefix(const char *s, struct note_arg *arg, bool *sized)
{
	const char *operand, *digits = s + (*s == '-');
	int n = small_number(digits, &operand);

	*sized = false;
	if (n < 0 || (*operand != '@' && strncmp(operand, "f@", 2) != 0))
		return s;
	*sized = true;
	arg->is_signed = digits != s;
	if (n != 1 && n != 2 && n != 4 && n != 8)
		return NULL;
	arg->size = n;
	return *operand == '@' ? operand + 1 : NULL;
}

static void parse_operand(int machine, const char *s, struct note_arg *arg, bool sized)
{
	uint8_t reg_size = 8, reg = REGS_NONE;
	const char *constant = NULL;

	if (machine == EM_X86_64) {
		if (*s == '%')
			reg = x86_reg(s + 1, &reg_size);
		else if (*s == '$')
			constant = s + 1;
	} else if (machine == EM_AARCH64) {
		if (!strcmp(s, "xzr") || !strcmp(s, "wzr"))
			constant = "0";
		else if (isdigit((unsigned char)*s) || *s == '-')
			constant = s;
		else
			reg = arm64_reg(s, &reg_size);
	}
	if (reg != REGS_NONE) {
		arg->kind = NOTE_ARG_REG;
		arg->reg = reg;
		if (!sized) /* what is above a narrow register in its word is not the argument's */
			arg->size = reg_size;
	} else if (constant && parse_constant(constant, &arg->value)) {
		arg->kind = NOTE_ARG_CONST;
		arg->value = cut_constant(arg->value, arg->size, arg->is_signed);
	}
}

static void parse_arg(int machine, const char *text, size_t len, struct note_arg *arg)
{
	const char *operand;
	bool sized;

	memset(arg, 0, sizeof(*arg));
	arg->kind = NOTE_ARG_OTHER;
	arg->reg = REGS_NONE;
	arg->size = 8;
	if (len >= sizeof(arg->text)) {
		/* longer than any register or constant; the prefix stays whole */
		memcpy(arg->text, text, sizeof(arg->text) - 1);
		parse_prefix(arg->text, arg, &sized);
		return;
	}
	memcpy(arg->text, text, len);
	operand = parse_prefix(arg->text, arg, &sized);
	if (operand)
		parse_operand(machine, operand, arg, sized);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The length of the argument at `s`: to the next blank that is in no brackets. */
static size_t arg_length(const char *s)
{
	int depth = 0;
	size_t n;

	for (n = 0; s[n] && (depth || !is_blank(s[n])); n++) {
		if (s[n] == '[' || s[n] == '(')
			depth++;
		else if ((s[n] == ']' || s[n] == ')') && depth)
			depth--;
	}
	return n;
}

void notes_parse_args(int machine, const char *text, struct note_site *site)
{
	site->nargs = 0;
	site->args_cut = false;
	for (;;) {
		size_t len;

		while (is_blank(*text))
			text++;
		if (!*text)
			return;
		if (site->nargs == NOTES_MAX_ARGS) {
			site->args_cut = true;
			return;
		}
		len = arg_length(text);
		parse_arg(machine, text, len, &site->args[site->nargs++]);
		text += len;
	}
}
