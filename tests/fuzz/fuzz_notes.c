// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the reading of notes from ELF files, and the argument strings on their own. Build with
 * clang -fsanitize=fuzzer,address,undefined, together with notes.c, note_args.c, log.c and
 * escape.c; seeds: run test_notes with NOTES_TEST_IMAGES=DIR.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "regs.h"
#include "core/notes.h"
#include "core/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(int condition)
{
	if (!condition)
		abort();
}

static void check_arg(const struct note_arg *a)
{
	want(a->kind >= NOTE_ARG_REG && a->kind <= NOTE_ARG_OTHER);
	want(a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8);
	want(a->kind == NOTE_ARG_REG ? a->reg <= ARM64_SP : a->reg == REGS_NONE);
	want(a->kind == NOTE_ARG_CONST || !a->value);
	want(memchr(a->text, '\0', sizeof(a->text)) && a->text[0]);
}

static void check_args(const struct note_site *s)
{
	want(s->nargs >= 0 && s->nargs <= NOTES_MAX_ARGS);
	want(!s->args_cut || s->nargs == NOTES_MAX_ARGS);
	for (int i = 0; i < s->nargs; i++)
		check_arg(&s->args[i]);
}

static void check_probe(const struct notes *notes, const struct note_probe *p, size_t file_size)
{
	want(p->provider[0] && p->name[0] && p->nsites > 0);
	want(p->sema_offset <= file_size);
	for (int i = 0; i < p->nsites; i++) {
		want(p->sites[i].offset < file_size);
		want(!i || p->sites[i - 1].offset < p->sites[i].offset);
		want(strlen(p->sites[i].args_text) < file_size);
		check_args(&p->sites[i]);
	}
}

static void fuzz_file(const uint8_t *data, size_t size)
{
	struct notes *notes = NULL;
	static int fd = -1;
	char why[256] = "";
	int err;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	want(fd >= 0 && ftruncate(fd, 0) == 0);
	want(pwrite(fd, data, size, 0) == (ssize_t)size);
	err = notes__read(fd, "FUZZ", &notes, why, sizeof(why));
	want(err == 0 || err == -ENOEXEC);
	if (err) {
		want(!notes && !strncmp(why, "FUZZ: ", 6) && strstr(why, "at offset 0x"));
		return;
	}
	want(!why[0]);
	for (int i = 0; i < notes->nprobes; i++)
		check_probe(notes, &notes->probes[i], size);
	notes__free(notes);
}

static void fuzz_strings(const uint8_t *data, size_t size)
{
	static const int machines[] = { EM_X86_64, EM_AARCH64, EM_RISCV };
	char *text = malloc(size + 1), *escaped;
	struct note_site site;

	want(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		notes_parse_args(machines[i], text, &site);
		check_args(&site);
	}
	/* what is escaped has nothing left to escape */
	escaped = escape_dup(text);
	want(escaped && escape_copy(NULL, 0, escaped) == strlen(escaped));
	want(escape_width(text) == escape_width(escaped));
	free(escaped);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_file(data, size);
	fuzz_strings(data, size);
	return 0;
}
