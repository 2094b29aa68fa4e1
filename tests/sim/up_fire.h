/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One stage's probe of whatever operation a job is. Inlined: every call is a set of sites. */
#ifndef SIM_UP_FIRE_H
#define SIM_UP_FIRE_H

#include "probes.h"
#include "proto.h"

#define FIRE_INLINE static inline __attribute__((always_inline)) void

#define FIRE_CASE(op, cname, ...)         \
	case op:                          \
		USDT(cname, __VA_ARGS__); \
		break

FIRE_INLINE fire_gw_start(uint8_t op, uint64_t job)
{
	switch (op) {
		FIRE_CASE(OP_READ, gw__read__start, job);
		FIRE_CASE(OP_WRITE, gw__write__start, job);
		FIRE_CASE(OP_WRITE_UNWRITTEN, gw__write__unwritten__start, job);
		FIRE_CASE(OP_FLUSH, gw__flush__start, job);
		FIRE_CASE(OP_BARRIER, gw__barrier__start, job);
	}
}

FIRE_INLINE fire_gw_done(uint8_t op, uint64_t job, uint32_t extent)
{
	switch (op) {
		FIRE_CASE(OP_READ, gw__read__done, job);
		FIRE_CASE(OP_WRITE, gw__write__done, job);
		FIRE_CASE(OP_WRITE_UNWRITTEN, gw__write__unwritten__done, job);
		FIRE_CASE(OP_FLUSH, gw__flush__done, job);
		FIRE_CASE(OP_BARRIER, gw__barrier__done, job);
		FIRE_CASE(OP_CLOSE, gw__close__done, job, extent);
		FIRE_CASE(OP_REPAIR, gw__repair__done, job, extent);
		FIRE_CASE(OP_NOOP, gw__noop__done, job);
		FIRE_CASE(OP_REOPEN, gw__reopen__done, job, extent);
	}
}

FIRE_INLINE fire_to_ds(uint8_t op, uint64_t job)
{
	switch (op) {
		FIRE_CASE(OP_READ, up__to__ds__read__start, job);
		FIRE_CASE(OP_WRITE, up__to__ds__write__start, job);
		FIRE_CASE(OP_WRITE_UNWRITTEN, up__to__ds__write__unwritten__start, job);
		FIRE_CASE(OP_FLUSH, up__to__ds__flush__start, job);
		FIRE_CASE(OP_BARRIER, up__to__ds__barrier__start, job);
	}
}

FIRE_INLINE fire_client_start(uint8_t op, uint64_t job, uint8_t client, uint32_t extent)
{
	switch (op) {
		FIRE_CASE(OP_READ, ds__read__client__start, job, client);
		FIRE_CASE(OP_WRITE, ds__write__client__start, job, client);
		FIRE_CASE(OP_WRITE_UNWRITTEN, ds__write__unwritten__client__start, job, client);
		FIRE_CASE(OP_FLUSH, ds__flush__client__start, job, client);
		FIRE_CASE(OP_BARRIER, ds__barrier__client__start, job, client);
		FIRE_CASE(OP_CLOSE, ds__close__start, job, client, extent);
		FIRE_CASE(OP_REPAIR, ds__repair__start, job, client, extent);
		FIRE_CASE(OP_NOOP, ds__noop__start, job, client);
		FIRE_CASE(OP_REOPEN, ds__reopen__start, job, client, extent);
	}
}

FIRE_INLINE fire_client_done(uint8_t op, uint64_t job, uint8_t client)
{
	switch (op) {
		FIRE_CASE(OP_READ, ds__read__client__done, job, client);
		FIRE_CASE(OP_WRITE, ds__write__client__done, job, client);
		FIRE_CASE(OP_WRITE_UNWRITTEN, ds__write__unwritten__client__done, job, client);
		FIRE_CASE(OP_FLUSH, ds__flush__client__done, job, client);
		FIRE_CASE(OP_BARRIER, ds__barrier__client__done, job, client);
		FIRE_CASE(OP_CLOSE, ds__close__done, job, client);
		FIRE_CASE(OP_REPAIR, ds__repair__done, job, client);
		FIRE_CASE(OP_NOOP, ds__noop__done, job, client);
		FIRE_CASE(OP_REOPEN, ds__reopen__done, job, client);
	}
}

FIRE_INLINE fire_net_start(uint8_t op, uint64_t job, uint8_t client)
{
	switch (op) {
		FIRE_CASE(OP_READ, ds__read__net__start, job, client);
		FIRE_CASE(OP_WRITE, ds__write__net__start, job, client);
		FIRE_CASE(OP_WRITE_UNWRITTEN, ds__write__unwritten__net__start, job, client);
		FIRE_CASE(OP_FLUSH, ds__flush__net__start, job, client);
	}
}

FIRE_INLINE fire_net_done(uint8_t op, uint64_t job, uint8_t client)
{
	switch (op) {
		FIRE_CASE(OP_READ, ds__read__net__done, job, client);
		FIRE_CASE(OP_WRITE, ds__write__net__done, job, client);
		FIRE_CASE(OP_WRITE_UNWRITTEN, ds__write__unwritten__net__done, job, client);
		FIRE_CASE(OP_FLUSH, ds__flush__net__done, job, client);
	}
}

#endif
