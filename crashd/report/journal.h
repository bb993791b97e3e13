/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One record of the report in systemd's journal, as coredumpctl lists them. */
#include "crashd/report/target.h"

/* Never waits: what the journal does not take at once is lost, and an error. */
enum err journal_send(const struct target *, const char *text);
