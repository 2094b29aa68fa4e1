/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types that Assay's BPF programs use, and no others: fixed-width integers, the BPF
 * enums and flags, and the registers of a uprobe's context. Kept by hand. A program's context is
 * read at fixed offsets, as the verifier wants it, so nothing here needs the kernel's BTF.
 */
#ifndef ASSAY_VMLINUX_H
#define ASSAY_VMLINUX_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short int __s16;
typedef unsigned short int __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long int __s64;
typedef unsigned long long int __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

typedef _Bool bool;
enum { false = 0, true = 1 };
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum { BPF_NOEXIST = 1 };

enum { BPF_F_NO_PREALLOC = 1U << 0, BPF_F_MMAPABLE = 1U << 10 };

enum { BPF_RB_NO_WAKEUP = 1ULL << 0 };

/* The context of a uprobe: arch/ARCH/include/uapi/asm/ptrace.h, as 8-byte words. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long word[21];
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long word[34];
};
#else
#error "no context layout for this architecture"
#endif

#endif
