/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The C++ exception that nobody caught. */
#include "inspect/why/rule.h"

/*
 * "std::runtime_error (\"disk full\")": its type, and its text or value where
 * that can be read; NULL: it was not found for certain.
 */
const char *exception_describe(struct rule *);
