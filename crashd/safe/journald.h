/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * One record to systemd's journal, by its native protocol: a field is
 * KEY=value\n, or, where the value may have newlines, KEY\n, its length as a
 * little-endian 64-bit number, the value, \n.  docs/journal.md has the fields.
 */
#include <stddef.h>
#include <sys/uio.h>

/* systemd's SD_MESSAGE_BACKTRACE: coredumpctl lists such records. */
#define CRASHD_ID_BACKTRACE "1f4e0a44a88649939aaea34fc6da8c95"
/* A report of a process that lives on, or whose core systemd-coredump gets: a
 * second record in coredumpctl's list would hide the one with the core. */
#define CRASHD_ID_REPORT "f4092f9c38be4bc7a4ab18e218c3f1e5"
/* csnap has saved a core. */
#define CRASHD_ID_SNAPSHOT "5c1491ea0bc14010abd773c8d73d5766"

enum { CRASHD_JOURNALD_PARTS = 8 };

/*
 * Never waits: -EAGAIN when journald does not read what it is sent.  0, or
 * -errno: then there is no record.  n is CRASHD_JOURNALD_PARTS at most.
 */
int crashd_journald_send(const struct iovec *part, size_t n);
