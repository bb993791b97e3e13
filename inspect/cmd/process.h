/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What ps and /proc would have shown of the process. */
#include "inspect/cmd/cmd.h"

/* info proc [mappings|exe|cmdline|cwd|status|all] */
enum err process_info(struct session *, struct args *, struct out *);
