/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The USDT probes a binary carries: SystemTap v3 notes (section .note.stapsdt, owner "stapsdt",
 * type 3) of a 64-bit little-endian ELF file, each address translated to a file offset through the
 * PT_LOAD segment that holds it. Format:
 * https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
 *
 * Knows files only: no processes, no BPF. Files are untrusted.
 */
#ifndef ASSAY_NOTES_H
#define ASSAY_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTES_MAX_ARGS 12

enum note_arg_kind {
	NOTE_ARG_REG = 1,   /* N@%reg, N@xN: in a register */
	NOTE_ARG_CONST = 2, /* N@$value, N@value: a constant */
	NOTE_ARG_OTHER =
		3, /* in memory, or a form we do not know: refused by name when it is wanted */
};

struct note_arg {
	uint8_t kind; /* enum note_arg_kind */
	uint8_t reg;  /* NOTE_ARG_REG: word in the context, see bpf/regs.h; else REGS_NONE */
	uint8_t size; /* 1, 2, 4 or 8 bytes */
	bool is_signed;
	int64_t value; /* NOTE_ARG_CONST: cut to size and sign, as the argument's type has it */
	char text[40]; /* as the note has it, one argument ("8@%rdi"), cut to fit */
};

struct note_site {
	uint64_t addr;	      /* virtual address of the probe's nop, prelink corrected */
	uint64_t offset;      /* the same place as an offset in the file */
	uint64_t sema_offset; /* this site's semaphore in the file; 0: none, it is always on */
	char *args_text;      /* all arguments as the note has them */
	int nargs;	      /* arguments parsed */
	bool args_cut;	      /* there were more than NOTES_MAX_ARGS */
	struct note_arg args[NOTES_MAX_ARGS];
};

struct note_probe {
	char *provider;
	char *name;
	/*
	 * The semaphore of the first site that has one; 0: none has. Nearly always the same for all
	 * sites, but a site counts by its own when objects built with and without semaphores, or
	 * with private ones, were linked together: attach by site->sema_offset.
	 */
	uint64_t sema_offset;
	struct note_site *sites;
	int nsites;
};

struct notes {
	/* e_machine: EM_X86_64 or EM_AARCH64; of others arguments are all OTHER */
	int machine;
	/* notes whose address lies in no executable code: the linker dropped it */
	int phantoms;
	/* notes not readable as stapsdt v3, or with a semaphore that can't be raised */
	int malformed;
	/* in order of provider, then name; sites by offset, no site twice */
	struct note_probe *probes;
	int nprobes;
};

/*
 * Reads the notes of the file open as `fd` (any offset; the fd stays the caller's and is read with
 * pread only, so a file that shrinks meanwhile gives an error, not a signal).
 *
 * A well-formed ELF file without notes gives 0 and an empty table. On an error, `why` gets one line
 * that names `label` and the offset in the file ("NAME: truncated at offset 0x40: ..."), without a
 * newline. Returns 0, or -ENOEXEC (no 64-bit little-endian ELF file, or a damaged one), -EIO,
 * -ENOMEM. On success the caller frees *out with notes__free().
 */
int notes__read(int fd, const char *label, struct notes **out, char *why, size_t why_size);
void notes__free(struct notes *notes);

/*
 * Parses a note's argument string ("8@%rdi 4@%esi"; aarch64: "8@x0 4@w1") for `machine` into
 * site->args, nargs, args_cut. Never fails: what it can't read becomes NOTE_ARG_OTHER with its
 * text. An aarch64 or x86 memory operand may hold blanks inside brackets: "8@[sp, 16]" is one
 * argument.
 */
void notes_parse_args(int machine, const char *text, struct note_site *site);

#endif
