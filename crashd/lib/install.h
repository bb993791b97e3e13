/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the constructor does, for functions that may be called before it. */

/* Installs with what TRACEBACK says, if that has not been done. */
void crashd_install_once(void);
