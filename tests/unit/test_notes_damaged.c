// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* notes.c on damaged, hostile, huge and foreign files, and how much it reads. */
#include <sys/syscall.h>
#include <time.h>

#include "notes_image.h"

/* ---- reads counted, failed, or followed by a cut of the file ---- */

static int pread_calls;
static size_t pread_bytes;
static int pread_fails_at; /* the call, from 1, that gives EIO */
static int pread_cuts_at;  /* the call before which the file becomes empty */

/* libelf's reads come here too */
ssize_t pread(int fd, void *buf, size_t size, off_t offset)
{
	pread_calls++;
	if (pread_calls == pread_fails_at) {
		errno = EIO;
		return -1;
	}
	if (pread_calls == pread_cuts_at && ftruncate(fd, 0) < 0)
		abort();
	pread_bytes += size;
	return syscall(SYS_pread64, fd, buf, size, offset);
}

static void counts_malformed_notes(void)
{
	const uint64_t words[3] = { TEXT, BASE, 0 };
	const uint32_t words32[3] = { TEXT, BASE, 0 };
	unsigned char desc[64] = { 0 };

	reset();
	memcpy(desc, words, sizeof(words));
	memcpy(desc + 24, "p\0n\0a", 6);
	raw_note("stapsdt", 3, desc, 30); /* right, to compare with */
	raw_note("stapsdt", 2, desc, 30);
	raw_note("stapsdX", 3, desc, 30);
	raw_note("stapsdtX", 3, desc, 30);
	raw_note("GNU", 3, desc, 30);
	raw_note("stapsdt", 3, desc, 29); /* arguments not ended */
	raw_note("stapsdt", 3, desc, 28); /* no arguments */
	raw_note("stapsdt", 3, desc, 27); /* name not ended */
	raw_note("stapsdt", 3, desc, 25); /* provider not ended */
	raw_note("stapsdt", 3, desc, 24); /* no strings */
	raw_note("stapsdt", 3, desc, 23); /* words cut */
	raw_note("stapsdt", 3, desc, 0);
	note(TEXT, BASE, 0, "", "n", "");
	note(TEXT, BASE, 0, "p", "", "");
	build();
	CHECK_COUNTS(1, 0, 13);
	CHECK_STR(notes->probes[0].sites[0].args_text, "a");
	CHECK_INT(notes->probes[0].nsites, 1);

	/* an owner that is not ended, though the padding would end it */
	reset();
	raw_note("stapsdt", 3, desc, 30);
	build();
	((Elf64_Nhdr *)(image.data + NOTES))->n_namesz = 7;
	CHECK_COUNTS(0, 0, 1);
	/* too short for the words, with nothing behind it to be taken for them */
	for (size_t size = 0; size < 24; size++) {
		reset();
		raw_note("stapsdt", 3, desc, size);
		build();
		CHECK_COUNTS(0, 0, 1);
	}
	/*
	 * From a 32-bit file. Read as 8-byte words the address is no good one, and the strings
	 * begin 12 bytes late: here in the name, so that only two are left ...
	 */
	reset();
	memcpy(desc, words32, sizeof(words32));
	memcpy(desc + 12, "provider\0name\0arguments", 24);
	raw_note("stapsdt", 3, desc, 36);
	build();
	CHECK_COUNTS(0, 0, 1);
	/* ... and here in the provider: three */
	reset();
	memcpy(desc + 12, "long_provider\0name\0args", 24);
	raw_note("stapsdt", 3, desc, 36);
	build();
	CHECK_COUNTS(0, 1, 0);
}

static void takes_padding_at_the_end(void)
{
	/* or a last note without its padding: 30 bytes of descriptor */
	reset();
	note(TEXT, BASE, 0, "p", "n", "8");
	build();
	sh(SEC_NOTES)->sh_size = sizeof(Elf64_Nhdr) + 8 + 30;
	CHECK_COUNTS(1, 0, 0);

	reset();
	note(TEXT, BASE, 0, "p", "n", "");
	put(&notes_section, NULL, 8);
	build();
	CHECK_COUNTS(1, 0, 0);

	put(&notes_section, "x\0\0", 3); /* 11 bytes: no note, but not nothing */
	build();
	CHECK_COUNTS(1, 0, 1);
}

static void refuses_hostile_sizes(void)
{
	static const uint32_t sizes[] = { 0x1000, 0x7fffffff, 0xfffffff0, 0xfffffffd, 0xffffffff };
	size_t second;
	Elf64_Nhdr *nh;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		reset();
		note(TEXT, BASE, 0, "p", "n", "");
		second = note(TEXT, BASE, 0, "p", "n", "");
		build();
		nh = (Elf64_Nhdr *)(image.data + NOTES + second);
		nh->n_namesz = sizes[i];
		CHECK_FAILS(NOTES + second, "passes the end of .note.stapsdt");
		nh->n_namesz = 8;
		nh->n_descsz = sizes[i];
		CHECK_FAILS(NOTES + second, "passes the end of .note.stapsdt");
		nh->n_namesz = sizes[i];
		CHECK_FAILS(NOTES + second, "passes the end of .note.stapsdt");
	}
	/* the descriptor ends one byte behind the section */
	reset();
	note(TEXT, BASE, 0, "p", "n", "abc"); /* 24 + 8 bytes, no padding */
	build();
	CHECK_COUNTS(1, 0, 0);
	((Elf64_Nhdr *)(image.data + NOTES))->n_descsz++;
	CHECK_FAILS(NOTES, "passes the end of .note.stapsdt");
}

static void refuses_other_files(void)
{
	int fds[2];

	reset();
	build();
	eh()->e_ident[EI_CLASS] = ELFCLASS32;
	CHECK_FAILS(EI_CLASS, "32-bit");
	eh()->e_ident[EI_CLASS] = 7;
	CHECK_FAILS(EI_CLASS, "unknown ELF class 7");
	build();
	eh()->e_ident[EI_DATA] = ELFDATA2MSB;
	CHECK_FAILS(EI_DATA, "big-endian");
	eh()->e_ident[EI_DATA] = 9;
	CHECK_FAILS(EI_DATA, "unknown byte order 9");
	build();
	eh()->e_ident[EI_VERSION] = 2;
	CHECK_FAILS(EI_VERSION, "unknown ELF version 2");
	build();
	eh()->e_ident[3] = 'f';
	CHECK_FAILS(0, "not an ELF file");

	image.size = 0;
	CHECK_FAILS(0, "not an ELF file");
	put(&image, "#!/bin/sh\n", 10);
	CHECK_FAILS(0, "not an ELF file");

	CHECK_INT(pipe(fds), 0);
	CHECK_INT(notes__read(fds[0], "LABEL", &notes, why, sizeof(why)), -ENOEXEC);
	CHECK(strstr(why, "not a regular file"));
	close(fds[0]);
	close(fds[1]);
}

static void refuses_a_32_bit_header_alone(void)
{
	/* such a file can be shorter than a 64-bit header */
	reset();
	build();
	eh()->e_ident[EI_CLASS] = ELFCLASS32;
	CHECK_INT(read_part(sizeof(Elf32_Ehdr)), -ENOEXEC);
	CHECK(strstr(why, "32-bit"));
}

static void refuses_bad_note_sections(void)
{
	reset();
	note(TEXT, BASE, 0, "p", "n", "");
	build();
	sh(SEC_NOTES)->sh_type = SHT_NOBITS;
	CHECK_FAILS(eh()->e_shoff + SEC_NOTES * sizeof(Elf64_Shdr), "no plain notes");
	build();
	sh(SEC_NOTES)->sh_flags = SHF_COMPRESSED;
	CHECK_FAILS(eh()->e_shoff + SEC_NOTES * sizeof(Elf64_Shdr), "no plain notes");

	build();
	sh(SEC_NOTES)->sh_offset = image.size - 3;
	CHECK_FAILS(image.size, ".note.stapsdt");
	sh(SEC_NOTES)->sh_offset = UINT64_MAX - 3; /* offset + size wraps */
	CHECK_FAILS(image.size, ".note.stapsdt");
	build();
	sh(SEC_NOTES)->sh_size = UINT64_MAX;
	CHECK_FAILS(image.size, ".note.stapsdt");
	build();
	sh(SEC_NOTES)->sh_size = image.size - NOTES + 1;
	CHECK_FAILS(image.size, ".note.stapsdt");
}

static void refuses_notes_given_twice(void)
{
	/* each section in the file, but the two together longer than it */
	reset();
	note(TEXT, BASE, 0, "p", "n", "");
	build();
	sh(SEC_EXTRA)->sh_name = NAME_NOTES;
	sh(SEC_EXTRA)->sh_offset = sh(SEC_NOTES)->sh_offset = 0;
	sh(SEC_EXTRA)->sh_size = sh(SEC_NOTES)->sh_size = image.size * 3 / 4;
	CHECK_FAILS(eh()->e_shoff + SEC_EXTRA * sizeof(Elf64_Shdr), "no real file's");
}

static void refuses_bad_section_tables(void)
{
	reset();
	note(TEXT, BASE, 0, "p", "n", "");
	build();
	eh()->e_shentsize = 40;
	CHECK_FAILS(offsetof(Elf64_Ehdr, e_shentsize), "section headers of 40 bytes");
	build();
	eh()->e_shnum = SEC_COUNT + 1;
	CHECK_FAILS(image.size, "section header table");
	build();
	eh()->e_shoff = UINT64_MAX - 8;
	CHECK_FAILS(image.size, "section header table");
	build();
	eh()->e_shnum = 0;
	sh(SEC_NULL)->sh_size = UINT64_MAX / 64 + 2; /* times 64 wraps to 64 */
	CHECK_FAILS(eh()->e_shoff, "no real file's");
	sh(SEC_NULL)->sh_size = 200000;
	CHECK_FAILS(image.size, "section header table");
	eh()->e_shoff = image.size - 1;
	CHECK_FAILS(image.size, "section header 0");
}

static void refuses_bad_section_names(void)
{
	reset();
	build();
	eh()->e_shstrndx = SEC_COUNT;
	CHECK_FAILS(offsetof(Elf64_Ehdr, e_shstrndx), "section names in section 6 of 6");
	eh()->e_shstrndx = SHN_XINDEX;
	sh(SEC_NULL)->sh_link = 0x7fffffff;
	CHECK_FAILS(offsetof(Elf64_Ehdr, e_shstrndx), "of 6");
	build();
	eh()->e_shstrndx = SEC_TEXT;
	CHECK_FAILS(eh()->e_shoff + SEC_TEXT * sizeof(Elf64_Shdr), "no string table");
	build();
	sh(SEC_NAMES)->sh_flags = SHF_COMPRESSED;
	CHECK_FAILS(eh()->e_shoff + SEC_NAMES * sizeof(Elf64_Shdr), "no string table");
	build();
	sh(SEC_NAMES)->sh_size = image.size;
	CHECK_FAILS(image.size, "section name table");
	build();
	sh(SEC_NAMES)->sh_size = 0; /* no name at all */
	CHECK_COUNTS(0, 0, 0);
	/* sh_link, which nothing here needs, may go in circles */
	build();
	for (int i = 0; i < SEC_COUNT; i++)
		sh(i)->sh_link = (i + 1) % SEC_COUNT;
	CHECK_COUNTS(0, 0, 0);
}

static void refuses_bad_segments(void)
{
	reset();
	note(TEXT, BASE, 0, "p", "n", "");
	build();
	eh()->e_phentsize = 32;
	CHECK_FAILS(offsetof(Elf64_Ehdr, e_phentsize), "3 program headers of 32 bytes");
	build();
	eh()->e_phnum = 65536 / sizeof(Elf64_Phdr) + 1;
	CHECK_FAILS(offsetof(Elf64_Ehdr, e_phentsize), "1171 program headers");
	build();
	eh()->e_phoff = image.size - 1;
	CHECK_FAILS(image.size, "program header table");
	build();
	ph(SEG_DATA)->p_filesz = image.size;
	CHECK_FAILS(image.size, "PT_LOAD segment");
	build();
	ph(SEG_DATA)->p_vaddr = UINT64_MAX - 8;
	CHECK_FAILS(sizeof(Elf64_Ehdr) + SEG_DATA * sizeof(Elf64_Phdr), "segment at address");
	ph(SEG_DATA)->p_vaddr = INT64_MAX - 8;
	CHECK_FAILS(sizeof(Elf64_Ehdr) + SEG_DATA * sizeof(Elf64_Phdr), "segment at address");

	build();
	ph(SEG_TEXT)->p_filesz = 0; /* nothing of it in the file */
	CHECK_COUNTS(0, 1, 0);
	build();
	ph(SEG_TEXT)->p_type = PT_NOTE;
	CHECK_COUNTS(0, 1, 0);
}

static void refuses_every_truncation(void)
{
	size_t full;

	reset();
	note(TEXT + 1, BASE, DATA, "p", "n", "8@%rdi");
	note(TEXT + 2, BASE, DATA, "p", "m", "-4@$5 8@16(%rsp)");
	build();
	full = image.size;
	for (size_t size = 0; size < full; size++) {
		/* the section headers stand last, so not one cut goes unseen */
		CHECK_INT(read_part(size), -ENOEXEC);
		CHECK(!notes);
		CHECK(!strncmp(why, "LABEL: ", 7));
		CHECK(strstr(why, "at offset 0x"));
		CHECK(strstr(why, size < SELFMAG ? "not an ELF file" : "truncated at offset"));
		if (test_failed) {
			printf("# cut at %zu: %s\n", size, why);
			return;
		}
	}
	CHECK_COUNTS(2, 0, 0);
}

static void survives_every_byte_changed(void)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	reset();
	note(TEXT + 1, BASE, DATA, "p", "n", "8@%rdi");
	note(TEXT + 2, BASE, DATA, "p", "m", "-4@$5 8@16(%rsp)");
	build();
	for (size_t at = 0; at < image.size; at++) {
		unsigned char saved = image.data[at];

		for (size_t i = 0; i < sizeof(values); i++) {
			int err;

			image.data[at] = values[i];
			err = read_image();
			CHECK(err == 0 || err == -ENOEXEC);
			CHECK(err ? !notes && strstr(why, "LABEL: ") : notes && !why[0]);
		}
		image.data[at] = saved;
	}
}

static void reads_little_without_notes(void)
{
	const size_t small = sizeof(*eh()) * 2 + sizeof(*sh(0)) * SEC_COUNT + sizeof(section_names);

	reset();
	build();
	pread_calls = 0;
	pread_bytes = 0;
	CHECK_COUNTS(0, 0, 0);
	CHECK_INT(pread_calls, 4); /* header, twice; section headers, their names */
	CHECK_INT(pread_bytes, small);

	/* without the section, and large */
	sh(SEC_NOTES)->sh_name = NAME_EXTRA;
	sh(SEC_NOTES)->sh_size = 20 << 20;
	put(&image, NULL, 20 << 20);
	pread_calls = 0;
	pread_bytes = 0;
	CHECK_COUNTS(0, 0, 0);
	CHECK_INT(pread_calls, 4);
	CHECK_INT(pread_bytes, small);
}

static void survives_a_shrinking_file(void)
{
	reset();
	note(TEXT, BASE, 0, "p", "n", "");
	build();
	/* header, twice; section headers, names, notes, program headers */
	for (int i = 1; i <= 6; i++) {
		pread_calls = 0;
		pread_cuts_at = i;
		CHECK_INT(read_image(), -ENOEXEC);
		CHECK(strstr(why, "LABEL: truncated at offset 0x"));
		pread_calls = 0;
		pread_cuts_at = 0;
		pread_fails_at = i;
		CHECK_INT(read_image(), -EIO);
		CHECK(strstr(why, "LABEL: not read at offset 0x"));
		CHECK(strstr(why, ": EIO"));
		pread_fails_at = 0;
	}
	pread_calls = 0;
	CHECK_COUNTS(1, 0, 0);
	CHECK_INT(pread_calls, 6);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* 100,000 notes; quadratic work on them would be 10^10 steps, many seconds. */
static void reads_many_notes(void)
{
	enum { MANY = 100000 };
	char name[16];
	double start;

	reset();
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%06d", (int)((i * 7919LL) % MANY));
		note(TEXT + i % TEXT_SIZE, BASE, 0, "p", name, "8@%rdi");
	}
	build();
	start = seconds();
	CHECK_COUNTS(MANY, 0, 0); /* 7919 is prime to it: each number comes once */
	CHECK(seconds() - start < 3);
	CHECK_STR(notes->probes[0].name, "n000000");
	CHECK_STR(notes->probes[MANY - 1].name, "n099999");

	/* all alike but for the address, which repeats */
	reset();
	for (int i = 0; i < MANY; i++)
		note(TEXT + i % TEXT_SIZE, BASE, 0, "p", "n", "");
	build();
	start = seconds();
	CHECK_COUNTS(1, 0, 0);
	CHECK(seconds() - start < 3);
	CHECK_INT(notes->probes[0].nsites, TEXT_SIZE);
}

static void refuses_a_giant_notes_section(void)
{
	/* 17 MiB of zeros, read by nobody */
	reset();
	build();
	put(&image, NULL, 17 << 20);
	sh(SEC_NOTES)->sh_size = 17 << 20;
	CHECK_FAILS(eh()->e_shoff + SEC_NOTES * sizeof(Elf64_Shdr), "no real file's");
}

static const struct test tests[] = {
	TEST(counts_malformed_notes),
	TEST(takes_padding_at_the_end),
	TEST(refuses_hostile_sizes),
	TEST(refuses_other_files),
	TEST(refuses_a_32_bit_header_alone),
	TEST(refuses_bad_note_sections),
	TEST(refuses_notes_given_twice),
	TEST(refuses_bad_section_tables),
	TEST(refuses_bad_section_names),
	TEST(refuses_bad_segments),
	TEST(refuses_every_truncation),
	TEST(survives_every_byte_changed),
	TEST(reads_little_without_notes),
	TEST(survives_a_shrinking_file),
	TEST(reads_many_notes),
	TEST(refuses_a_giant_notes_section),
};

TEST_MAIN("notes-damaged")
