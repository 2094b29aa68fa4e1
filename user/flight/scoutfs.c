// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `assay scoutfs IP PORT`: a flight with the defaults that a scoutfs server's fencing wants.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "flight_options.h"

static bool is_address(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	int port = digits && digits < 6 && !text[digits] ? atoi(text) : 0;

	return port > 0 && port <= 65535;
}

int scoutfs_options(struct flight_options *o)
{
	const char *ip = o->args[0], *port = o->args[1];

	if (o->nargs != 2) {
		log_error("scoutfs takes the IP address and the port that the server listens at; "
			  "journalctl -t kernel -g 'scoutfs.*server starting at' tells them");
		return -EINVAL;
	}
	if (!is_address(ip)) {
		log_error("%s: not an IP address", ip);
		return -EINVAL;
	}
	if (!is_port(port)) {
		log_error("%s: not a port, 1 to 65535", port);
		return -EINVAL;
	}
	if (asprintf(&o->capture_made, "host %s and (tcp port %s or udp port %s)", ip, port, port) <
	    0) {
		o->capture_made = NULL;
		return -ENOMEM;
	}
	if (asprintf(&o->heartbeat_made, "host %s and udp port %s", ip, port) < 0) {
		o->heartbeat_made = NULL;
		return -ENOMEM;
	}
	if (!o->capture)
		o->capture = o->capture_made;
	o->heartbeat = o->heartbeat_made;
	return 0;
}
