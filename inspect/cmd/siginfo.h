/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* $_siginfo: the kernel's siginfo_t as a typed value, with gdb's members. */
#include "inspect/model/value.h"

#include <signal.h>

struct value siginfo_value(const siginfo_t *, struct arena *);
