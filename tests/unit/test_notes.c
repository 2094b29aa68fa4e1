// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* notes.c on right files: what is read from them. */
#include "regs.h"
#include "notes_image.h"

static void reads_probes(void)
{
	const struct note_probe *p;

	reset();
	note(TEXT + 0x20, BASE, DATA + 0x10, "web", "write", "8@%rdi 4@%esi");
	note(TEXT + 0x08, BASE, 0, "disk", "read", "");
	note(TEXT + 0x30, BASE, DATA + 0x12, "web", "read-done", "1@%sil");
	build();
	CHECK_COUNTS(3, 0, 0);
	CHECK_INT(notes->machine, EM_X86_64);

	/* by provider, then name */
	CHECK_STR(notes->probes[0].provider, "disk");
	CHECK_STR(notes->probes[1].name, "read-done");
	CHECK_STR(notes->probes[2].name, "write");

	p = find_probe(notes, "web", "write");
	CHECK(p == &notes->probes[2]);
	CHECK_INT(p->nsites, 1);
	CHECK_INT(p->sites[0].addr, TEXT + 0x20);
	CHECK_INT(p->sites[0].offset, TEXT_OFFSET + 0x20);
	CHECK_INT(p->sema_offset, DATA_OFFSET + 0x10);
	CHECK_INT(p->sites[0].sema_offset, DATA_OFFSET + 0x10);
	CHECK_STR(p->sites[0].args_text, "8@%rdi 4@%esi");
	CHECK_INT(p->sites[0].nargs, 2);
	CHECK_INT(p->sites[0].args[1].reg, X86_RSI);

	p = find_probe(notes, "disk", "read");
	CHECK(p == &notes->probes[0]);
	CHECK_INT(p->sema_offset, 0);
	CHECK_STR(p->sites[0].args_text, "");
	CHECK_INT(p->sites[0].nargs, 0);
}

static void finds_by_name(void)
{
	reset();
	note(TEXT, BASE, 0, "b", "b", "");
	note(TEXT, BASE, 0, "b", "d", "");
	note(TEXT, BASE, 0, "d", "a", "");
	build();
	CHECK_COUNTS(3, 0, 0);
	CHECK(find_probe(notes, "b", "b") == &notes->probes[0]);
	CHECK(find_probe(notes, "b", "d") == &notes->probes[1]);
	CHECK(find_probe(notes, "d", "a") == &notes->probes[2]);
	CHECK(!find_probe(notes, "b", "a"));
	CHECK(!find_probe(notes, "b", "c"));
	CHECK(!find_probe(notes, "d", "b"));
	CHECK(!find_probe(notes, "a", "b"));
	CHECK(!find_probe(notes, "e", "b"));
}

static void gathers_sites(void)
{
	reset();
	note(TEXT + 0x40, BASE, DATA, "p", "n", "8@%rdi");
	note(TEXT + 0x10, BASE, DATA, "p", "n", "8@%rsi");
	note(TEXT + 0x10, BASE, DATA, "p", "other", "");   /* one place, two probes: both */
	note(TEXT + 0x40, BASE, DATA, "p", "n", "8@%rdx"); /* again: the first stays */
	note(TEXT + 0xff, BASE, DATA, "p", "n", "");	   /* the last byte of the code */
	build();
	CHECK_COUNTS(2, 0, 0);
	CHECK_INT(notes->probes[0].nsites, 3);
	CHECK_INT(notes->probes[1].nsites, 1);
	CHECK_INT(notes->probes[0].sites[0].offset, TEXT_OFFSET + 0x10);
	CHECK_INT(notes->probes[0].sites[1].offset, TEXT_OFFSET + 0x40);
	CHECK_INT(notes->probes[0].sites[2].offset, TEXT_OFFSET + 0xff);
	CHECK_STR(notes->probes[0].sites[1].args_text, "8@%rdi");
	CHECK_INT(notes->probes[1].sites[0].offset, TEXT_OFFSET + 0x10);
}

static void shifts_by_base(void)
{
	/* linked for a base 0x7000 lower, or 0x100 higher, than the file now has it */
	reset();
	note(TEXT + 0x20 - 0x7000, BASE - 0x7000, DATA + 4 - 0x7000, "p", "a", "");
	note(TEXT + 0x20 + 0x100, BASE + 0x100, 0, "p", "b", "");
	build();
	CHECK_COUNTS(2, 0, 0);
	CHECK_INT(notes->probes[0].sites[0].addr, TEXT + 0x20);
	CHECK_INT(notes->probes[0].sites[0].offset, TEXT_OFFSET + 0x20);
	CHECK_INT(notes->probes[0].sema_offset, DATA_OFFSET + 4);
	CHECK_INT(notes->probes[1].sites[0].addr, TEXT + 0x20);
	CHECK_INT(notes->probes[1].sema_offset, 0);
}

static void keeps_address_without_base(void)
{
	/* neither a base of 0 in the note nor a missing section is a distance */
	reset();
	note(TEXT + 0x20, 0, DATA, "p", "n", "");
	build();
	CHECK_COUNTS(1, 0, 0);
	CHECK_INT(notes->probes[0].sites[0].addr, TEXT + 0x20);
	CHECK_INT(notes->probes[0].sema_offset, DATA_OFFSET);

	reset();
	note(TEXT + 0x20, 0x1234, DATA, "p", "n", "");
	build();
	sh(SEC_BASE)->sh_name = NAME_EXTRA;
	CHECK_COUNTS(1, 0, 0);
	CHECK_INT(notes->probes[0].sites[0].addr, TEXT + 0x20);
}

static void skips_phantoms(void)
{
	reset();
	note(0x5c, BASE, 0, "p", "dropped", "");     /* in the read-only headers */
	note(0x5c, BASE, 0, "p", "dropped", "");     /* phantoms are counted each */
	note(DATA + 8, BASE, 0, "p", "data", "");    /* mapped, but no code */
	note(0x900000, BASE, 0, "p", "nowhere", ""); /* in no segment */
	note(TEXT + TEXT_SIZE, BASE, 0, "p", "behind", "");
	note(TEXT - 1, BASE, 0, "p", "before", "");
	note(UINT64_MAX, BASE, 0, "p", "last", "");
	note(TEXT, BASE, 0, "p", "real", "");
	build();
	CHECK_COUNTS(1, 7, 0);
	CHECK_STR(notes->probes[0].name, "real");
}

static void skips_phantoms_beside_headers(void)
{
	/* headers and code in one executable segment: the address 0x5c is in it, but is no code */
	reset();
	note(0x5c, BASE, 0, "p", "dropped", "");
	note(TEXT_OFFSET + 4, BASE, 0, "p", "real", "");
	note(TEXT_OFFSET + TEXT_SIZE, BASE, 0, "p", "behind", "");
	note(DATA, BASE, 0, "p", "data", "");
	build();
	ph(SEG_HEADERS)->p_flags = PF_R | PF_X;
	ph(SEG_HEADERS)->p_filesz = 0x240;
	sh(SEC_TEXT)->sh_addr = TEXT_OFFSET;
	CHECK_COUNTS(1, 3, 0);
	CHECK_INT(notes->probes[0].sites[0].offset, TEXT_OFFSET + 4);

	/* several executable sections: all between the first and the last */
	sh(SEC_EXTRA)->sh_flags = SHF_ALLOC | SHF_EXECINSTR;
	sh(SEC_EXTRA)->sh_addr = 0x40;
	sh(SEC_EXTRA)->sh_size = 0x10;
	CHECK_COUNTS(2, 2, 0);

	/* no word on code at all: the segment decides alone */
	sh(SEC_TEXT)->sh_flags = sh(SEC_EXTRA)->sh_flags = SHF_ALLOC;
	CHECK_COUNTS(3, 1, 0);
}

static void wants_raisable_semaphore(void)
{
	reset();
	note(TEXT + 1, BASE, DATA, "p", "first", "");
	note(TEXT + 2, BASE, BSS - 2, "p", "last", "");
	note(TEXT + 3, BASE, BSS - 1, "p", "half", "");	 /* its second byte is in .bss */
	note(TEXT + 4, BASE, BSS, "p", "bss", "");	 /* mapped, but not from the file */
	note(TEXT + 5, BASE, TEXT, "p", "constant", ""); /* never writable */
	note(TEXT + 6, BASE, 0x900000, "p", "none", "");
	build();
	CHECK_COUNTS(2, 0, 4);
	CHECK_INT(find_probe(notes, "p", "first")->sema_offset, DATA_OFFSET);
	CHECK_INT(find_probe(notes, "p", "last")->sema_offset, DATA_OFFSET + DATA_SIZE - 2);
}

static void keeps_semaphore_by_site(void)
{
	reset();
	note(TEXT + 1, BASE, 0, "p", "n", "");
	note(TEXT + 2, BASE, DATA + 2, "p", "n", "");
	note(TEXT + 3, BASE, DATA + 4, "p", "n", "");
	build();
	CHECK_COUNTS(1, 0, 0);
	CHECK_INT(notes->probes[0].sema_offset, DATA_OFFSET + 2);
	CHECK_INT(notes->probes[0].sites[0].sema_offset, 0);
	CHECK_INT(notes->probes[0].sites[1].sema_offset, DATA_OFFSET + 2);
	CHECK_INT(notes->probes[0].sites[2].sema_offset, DATA_OFFSET + 4);
}

static void reads_other_machines(void)
{
	reset();
	note(TEXT, BASE, 0, "p", "n", "8@x1 4@w2");
	build();
	eh()->e_machine = EM_AARCH64;
	CHECK_COUNTS(1, 0, 0);
	CHECK_INT(notes->machine, EM_AARCH64);
	CHECK_INT(notes->probes[0].sites[0].args[1].kind, NOTE_ARG_REG);
	CHECK_INT(notes->probes[0].sites[0].args[1].reg, ARM64_X0 + 2);

	eh()->e_machine = EM_RISCV;
	CHECK_COUNTS(1, 0, 0);
	CHECK_INT(notes->machine, EM_RISCV);
	CHECK_INT(notes->probes[0].sites[0].nargs, 2);
	CHECK_INT(notes->probes[0].sites[0].args[1].kind, NOTE_ARG_OTHER);
}

static void reads_files_without_notes(void)
{
	reset();
	build(); /* an empty section */
	CHECK_COUNTS(0, 0, 0);
	CHECK_INT(notes->machine, EM_X86_64);
	CHECK(!find_probe(notes, "p", "n"));

	note(TEXT, BASE, 0, "p", "n", "");
	build();
	sh(SEC_NOTES)->sh_name = NAME_EXTRA;
	CHECK_COUNTS(0, 0, 0);
	sh(SEC_NOTES)->sh_name = NAME_NOTES + 1; /* "note.stapsdt" */
	CHECK_COUNTS(0, 0, 0);
	sh(SEC_NOTES)->sh_name = 0x7fffffff;
	CHECK_COUNTS(0, 0, 0);

	build();
	sh(SEC_NAMES)->sh_size = NAME_NOTES + strlen(".note.stapsdt"); /* the table's end ends it */
	CHECK_COUNTS(1, 0, 0);
	sh(SEC_NAMES)->sh_size--;
	CHECK_COUNTS(0, 0, 0);

	build();
	eh()->e_shstrndx = SHN_UNDEF; /* sections without names */
	CHECK_COUNTS(0, 0, 0);
	build();
	eh()->e_shoff = 0; /* no sections */
	CHECK_COUNTS(0, 0, 0);
}

static void reads_two_note_sections(void)
{
	size_t second;

	reset();
	note(TEXT + 1, BASE, 0, "p", "n", "8@%rdi");
	second = note(TEXT + 2, BASE, 0, "p", "n", "8@%rsi");
	build();
	sh(SEC_EXTRA)->sh_name = NAME_NOTES;
	sh(SEC_EXTRA)->sh_offset = NOTES + second;
	sh(SEC_EXTRA)->sh_size = notes_section.size - second;
	sh(SEC_NOTES)->sh_size = second;
	CHECK_COUNTS(1, 0, 0);
	CHECK_INT(notes->probes[0].nsites, 2);
	CHECK_STR(notes->probes[0].sites[0].args_text, "8@%rdi");
	CHECK_STR(notes->probes[0].sites[1].args_text, "8@%rsi");
}

static void reads_counts_in_section_zero(void)
{
	/* what does not fit the ELF header's 16 bits */
	reset();
	note(TEXT, BASE, 0, "p", "n", "");
	build();
	eh()->e_shnum = 0;
	sh(SEC_NULL)->sh_size = SEC_COUNT;
	eh()->e_shstrndx = SHN_XINDEX;
	sh(SEC_NULL)->sh_link = SEC_NAMES;
	eh()->e_phnum = PN_XNUM;
	sh(SEC_NULL)->sh_info = SEG_COUNT;
	CHECK_COUNTS(1, 0, 0);

	sh(SEC_NULL)->sh_size = 0;
	CHECK_COUNTS(0, 0, 0);
	sh(SEC_NULL)->sh_size = SEC_COUNT;
	sh(SEC_NULL)->sh_info = 0; /* no segments, so no code */
	CHECK_COUNTS(0, 1, 0);
}

static const struct test tests[] = {
	TEST(reads_probes),
	TEST(finds_by_name),
	TEST(gathers_sites),
	TEST(shifts_by_base),
	TEST(keeps_address_without_base),
	TEST(skips_phantoms),
	TEST(skips_phantoms_beside_headers),
	TEST(wants_raisable_semaphore),
	TEST(keeps_semaphore_by_site),
	TEST(reads_other_machines),
	TEST(reads_files_without_notes),
	TEST(reads_two_note_sections),
	TEST(reads_counts_in_section_zero),
};

TEST_MAIN("notes")
