/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The type of $_siginfo: the kernel's siginfo_t with gdb's members. */
#include "inspect/model/type.h"

const struct type *siginfo_type(struct arena *);
