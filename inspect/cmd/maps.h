/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The memory map: what was mapped, and what of it the core has. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

/* As gdb's info proc mappings. */
enum err maps_list(struct session *, struct out *);
