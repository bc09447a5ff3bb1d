// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The lists that all_faults() is made of: one for each file of faults.

#pragma once

#include <span>

#include "mutant/fault.h"

namespace lunway::mutant {

std::span<const Fault> target_login_faults();
std::span<const Fault> target_key_faults();
std::span<const Fault> target_command_faults();
std::span<const Fault> target_data_faults();
std::span<const Fault> target_service_faults();

}  // namespace lunway::mutant
