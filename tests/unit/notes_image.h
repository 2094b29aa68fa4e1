/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Small ELF files for the tests of notes.c, built in memory: put notes, build(), change what the
 * test is about through eh(), ph(), sh(), then read_image() into `notes` or `why`. With
 * NOTES_TEST_IMAGES=DIR in the environment every file is kept in DIR too, as a seed for
 * tests/fuzz/fuzz_notes.c.
 */
#ifndef ASSAY_NOTES_IMAGE_H
#define ASSAY_NOTES_IMAGE_H

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/notes.h"
#include "test.h"

/*
 * The file: headers, code, data, notes, section names, section headers. Code and data are mapped
 * each at a distance of its own, the headers read-only at 0.
 */
#define TEXT_OFFSET 0x100
#define TEXT_SIZE   0x100
#define TEXT	    0x11100 /* its address: 0x11000 above its offset */
#define DATA_OFFSET 0x200
#define DATA_SIZE   0x40
#define DATA	    0x23200 /* 0x23000 above */
#define BSS	    (DATA + DATA_SIZE)
#define BSS_SIZE    0x40
#define NOTES	    0x240 /* offset of the first note */
#define BASE	    0x500 /* .stapsdt.base */

enum { SEG_HEADERS, SEG_TEXT, SEG_DATA, SEG_COUNT };
enum { SEC_NULL, SEC_TEXT, SEC_BASE, SEC_NOTES, SEC_EXTRA, SEC_NAMES, SEC_COUNT };

static const char section_names[] = "\0.text\0.stapsdt.base\0.note.stapsdt\0.extra\0.shstrtab";
enum { NAME_TEXT = 1, NAME_BASE = 7, NAME_NOTES = 21, NAME_EXTRA = 35, NAME_NAMES = 42 };

struct bytes {
	unsigned char *data;
	size_t size, capacity;
};

static struct bytes notes_section; /* what the next image gets */
static struct bytes image;
static char why[256];
static struct notes *notes;

static inline void *put(struct bytes *b, const void *data, size_t size)
{
	void *at;

	if (b->size + size > b->capacity) {
		b->capacity = (b->size + size) * 2;
		b->data = realloc(b->data, b->capacity);
		if (!b->data)
			abort();
	}
	at = b->data + b->size;
	if (data)
		memcpy(at, data, size);
	else
		memset(at, 0, size);
	b->size += size;
	return at;
}

static inline void pad(struct bytes *b, size_t alignment)
{
	while (b->size % alignment)
		put(b, NULL, 1);
}

static inline void reset(void)
{
	notes__free(notes);
	notes = NULL;
	notes_section.size = 0;
	image.size = 0;
	why[0] = '\0';
}

/* A note of any owner, type and descriptor; its offset in the section. */
static inline size_t raw_note(const char *owner, uint32_t type, const void *desc, size_t desc_size)
{
	size_t at = notes_section.size;
	Elf64_Nhdr nh = { strlen(owner) + 1, desc_size, type };

	put(&notes_section, &nh, sizeof(nh));
	put(&notes_section, owner, nh.n_namesz);
	pad(&notes_section, 4);
	put(&notes_section, desc, desc_size);
	pad(&notes_section, 4);
	return at;
}

static inline size_t note(uint64_t pc, uint64_t base, uint64_t semaphore, const char *provider,
			  const char *name, const char *args)
{
	uint64_t words[3] = { pc, base, semaphore };
	static struct bytes desc;

	desc.size = 0;
	put(&desc, words, sizeof(words));
	put(&desc, provider, strlen(provider) + 1);
	put(&desc, name, strlen(name) + 1);
	put(&desc, args, strlen(args) + 1);
	return raw_note("stapsdt", 3, desc.data, desc.size);
}

static inline Elf64_Ehdr *eh(void)
{
	return (Elf64_Ehdr *)image.data;
}

static inline Elf64_Phdr *ph(int i)
{
	return (Elf64_Phdr *)(image.data + sizeof(Elf64_Ehdr)) + i;
}

static inline Elf64_Shdr *sh(int i)
{
	return (Elf64_Shdr *)(image.data + eh()->e_shoff) + i;
}

static inline void build_segments(void)
{
	const Elf64_Phdr segments[SEG_COUNT] = {
		[SEG_HEADERS] = { .p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = TEXT_OFFSET },
		[SEG_TEXT] = { .p_type = PT_LOAD,
			       .p_flags = PF_R | PF_X,
			       .p_vaddr = TEXT,
			       .p_offset = TEXT_OFFSET,
			       .p_filesz = TEXT_SIZE },
		[SEG_DATA] = { .p_type = PT_LOAD,
			       .p_flags = PF_R | PF_W,
			       .p_vaddr = DATA,
			       .p_offset = DATA_OFFSET,
			       .p_filesz = DATA_SIZE,
			       .p_memsz = DATA_SIZE + BSS_SIZE },
	};

	put(&image, segments, sizeof(segments));
}

static inline void build_sections(uint64_t names_offset)
{
	const Elf64_Shdr sections[SEC_COUNT] = {
		[SEC_TEXT] = { .sh_name = NAME_TEXT,
			       .sh_type = SHT_PROGBITS,
			       .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
			       .sh_addr = TEXT,
			       .sh_offset = TEXT_OFFSET,
			       .sh_size = TEXT_SIZE },
		[SEC_BASE] = { .sh_name = NAME_BASE,
			       .sh_type = SHT_PROGBITS,
			       .sh_flags = SHF_ALLOC,
			       .sh_addr = BASE,
			       .sh_size = 1 },
		[SEC_NOTES] = { .sh_name = NAME_NOTES,
				.sh_type = SHT_NOTE,
				.sh_offset = NOTES,
				.sh_size = notes_section.size },
		[SEC_EXTRA] = { .sh_name = NAME_EXTRA, .sh_type = SHT_NOTE },
		[SEC_NAMES] = { .sh_name = NAME_NAMES,
				.sh_type = SHT_STRTAB,
				.sh_offset = names_offset,
				.sh_size = sizeof(section_names) },
	};

	put(&image, sections, sizeof(sections));
}

/* Builds the image round the notes put so far. */
static inline void build(void)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = SEG_COUNT,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SEC_COUNT,
		.e_shstrndx = SEC_NAMES,
	};
	uint64_t names;

	image.size = 0;
	put(&image, &header, sizeof(header));
	build_segments();
	pad(&image, TEXT_OFFSET);
	put(&image, NULL, TEXT_SIZE + DATA_SIZE);
	put(&image, notes_section.data, notes_section.size);
	names = image.size;
	put(&image, section_names, sizeof(section_names));
	pad(&image, 8);
	eh()->e_shoff = image.size;
	build_sections(names);
}

static inline int image_fd(size_t size)
{
	const char *dir = getenv("NOTES_TEST_IMAGES");
	int fd = memfd_create("image", MFD_CLOEXEC);
	static int number;
	char path[512];

	if (fd < 0 || (size && write(fd, image.data, size) != (ssize_t)size))
		abort();
	if (dir && size == image.size && size < 4096) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s-%d", dir, program_invocation_short_name,
			 number++);
		f = fopen(path, "w");
		if (f) {
			fwrite(image.data, 1, size, f);
			fclose(f);
		}
	}
	return fd;
}

/* Reads the image's first `size` bytes into `notes` or `why`. */
static inline int read_part(size_t size)
{
	int fd = image_fd(size), err;

	notes__free(notes);
	notes = NULL;
	why[0] = '\0';
	err = notes__read(fd, "LABEL", &notes, why, sizeof(why));
	close(fd);
	return err;
}

static inline int read_image(void)
{
	return read_part(image.size);
}

/* Builds, reads, and wants an error that names the label, that offset and that matter. */
#define CHECK_FAILS(offset, what)                                                              \
	do {                                                                                   \
		char at_[32];                                                                  \
		CHECK_INT(read_image(), -ENOEXEC);                                             \
		snprintf(at_, sizeof(at_), "at offset 0x%llx:", (unsigned long long)(offset)); \
		CHECK(!strncmp(why, "LABEL: ", 7));                                            \
		CHECK(strstr(why, at_));                                                       \
		CHECK(strstr(why, what));                                                      \
		CHECK(!strchr(why, '\n'));                                                     \
		CHECK(!notes);                                                                 \
		if (test_failed)                                                               \
			printf("# %s\n", why);                                                 \
	} while (0)

/* The numbers of a good table. */
#define CHECK_COUNTS(probes_, phantoms_, malformed_)     \
	do {                                             \
		CHECK_INT(read_image(), 0);              \
		CHECK_STR(why, "");                      \
		if (!notes)                              \
			return;                          \
		CHECK_INT(notes->nprobes, probes_);      \
		CHECK_INT(notes->phantoms, phantoms_);   \
		CHECK_INT(notes->malformed, malformed_); \
	} while (0)

/* The probe of that provider and name, or NULL. */
static inline const struct note_probe *find_probe(const struct notes *notes, const char *provider,
						  const char *name)
{
	for (int i = 0; i < notes->nprobes; i++)
		if (!strcmp(notes->probes[i].provider, provider) &&
		    !strcmp(notes->probes[i].name, name))
			return &notes->probes[i];
	return NULL;
}

#endif
