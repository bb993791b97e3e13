/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Points in time as journalctl's --since and --until have them. */
#include "inspect/base/err.h"

#include <stdint.h>

/*
 * systemd.time(7): "2026-11-20 18:17[:16[.5]] [UTC]", with or without the day
 * of the week, a date or a time alone, "now", "today", "yesterday",
 * "tomorrow", "-2h 30min", "2h ago", "+1d", "3d left", "@1700000000"; also a T
 * between date and time, as --list --json prints them.  Microseconds.
 */
enum err when_parse(const char *text, int64_t now_us, int64_t *ret);
