// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A file whose reads and writes take as long as one says, for disks on it that are slow: a FUSE
 * server of a single file, in the words of <linux/fuse.h>.
 *   slowfs DIR MIB MS
 * mounts on DIR, where `data` of so many MiB is: zeros to read, and what is written is forgotten.
 * Each read and each write takes at least so many milliseconds, one after another. Ends when it is
 * unmounted; stopped, the file hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DATA	  2 /* its inode; the folder's is FUSE_ROOT_ID */
#define MAX_WRITE (1 << 20)

static uint64_t file_size;
static struct timespec delay;
static char zeros[MAX_WRITE];

static int fuse_fd;

static void reply(uint64_t unique, int err, const void *data, size_t size)
{
	struct fuse_out_header head = { .len = sizeof(head) + size,
					.error = -err,
					.unique = unique };
	struct iovec iov[2] = { { &head, sizeof(head) }, { (void *)data, size } };

	/* a request that was interrupted is nobody's any more */
	if (writev(fuse_fd, iov, 2) < 0 && errno != ENOENT)
		perror("slowfs: reply");
}

static struct fuse_attr attr_of(uint64_t inode)
{
	struct fuse_attr attr = { .ino = inode, .blksize = 4096 };

	attr.mode = inode == DATA ? S_IFREG | 0600 : S_IFDIR | 0700;
	attr.nlink = inode == DATA ? 1 : 2;
	attr.size = inode == DATA ? file_size : 0;
	attr.blocks = attr.size / 512;
	return attr;
}

static void wait_a_while(void)
{
	struct timespec left = delay;

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static void answer_init(uint64_t unique, const struct fuse_init_in *in)
{
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
				     .minor = FUSE_KERNEL_MINOR_VERSION,
				     .max_readahead = in->max_readahead,
				     .flags = FUSE_BIG_WRITES | FUSE_ASYNC_DIO | FUSE_MAX_PAGES,
				     .max_background = 64,
				     .congestion_threshold = 48,
				     .max_write = MAX_WRITE,
				     .max_pages = MAX_WRITE / 4096 };

	reply(unique, 0, &out, sizeof(out));
}

static void answer_lookup(uint64_t unique, const char *name)
{
	struct fuse_entry_out out = { .nodeid = DATA, .attr_valid = 3600, .entry_valid = 3600 };

	out.attr = attr_of(DATA);
	if (strcmp(name, "data"))
		reply(unique, ENOENT, NULL, 0);
	else
		reply(unique, 0, &out, sizeof(out));
}

static void answer_read(uint64_t unique, const struct fuse_read_in *in)
{
	wait_a_while();
	reply(unique, 0, zeros, in->size < MAX_WRITE ? in->size : MAX_WRITE);
}

static void answer_write(uint64_t unique, const struct fuse_write_in *in)
{
	struct fuse_write_out out = { .size = in->size };

	wait_a_while();
	reply(unique, 0, &out, sizeof(out));
}

static void answer_attr(uint64_t unique, uint64_t inode)
{
	struct fuse_attr_out out = { .attr_valid = 3600, .attr = attr_of(inode) };

	reply(unique, 0, &out, sizeof(out));
}

static void answer(const struct fuse_in_header *head, const void *arg)
{
	struct fuse_open_out opened = { .fh = 1 };
	struct fuse_statfs_out stats = { .st = { .bsize = 4096, .frsize = 4096, .namelen = 255 } };

	switch (head->opcode) {
	case FUSE_INIT:
		answer_init(head->unique, arg);
		return;
	case FUSE_LOOKUP:
		answer_lookup(head->unique, arg);
		return;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer_attr(head->unique, head->nodeid);
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		reply(head->unique, 0, &opened, sizeof(opened));
		return;
	case FUSE_READ:
		answer_read(head->unique, arg);
		return;
	case FUSE_WRITE:
		answer_write(head->unique, arg);
		return;
	case FUSE_STATFS:
		reply(head->unique, 0, &stats, sizeof(stats));
		return;
	case FUSE_FLUSH:
	case FUSE_FSYNC:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		reply(head->unique, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* these have no answer */
	}
	reply(head->unique, ENOSYS, NULL, 0);
}

static int serve(void)
{
	size_t size = MAX_WRITE + 65536;
	char *request = aligned_alloc(4096, size);

	while (request) {
		ssize_t n = read(fuse_fd, request, size);

		if (n < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
			continue;
		if (n < 0) {
			free(request);
			return errno != ENODEV; /* unmounted */
		}
		if ((size_t)n >= sizeof(struct fuse_in_header))
			answer((const void *)request, request + sizeof(struct fuse_in_header));
	}
	return 1;
}

int main(int argc, char **argv)
{
	char options[128];
	long ms;

	if (argc != 4) {
		fprintf(stderr, "usage: slowfs DIR MIB MS\n");
		return 2;
	}
	file_size = strtoull(argv[2], NULL, 10) << 20;
	ms = atol(argv[3]);
	delay = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse_fd < 0) {
		perror("slowfs: /dev/fuse");
		return 1;
	}
	snprintf(options, sizeof(options), "fd=%d,rootmode=40700,user_id=0,group_id=0", fuse_fd);
	if (mount("slowfs", argv[1], "fuse.slowfs", MS_NOSUID | MS_NODEV, options)) {
		perror("slowfs: mount");
		return 1;
	}
	return serve();
}
