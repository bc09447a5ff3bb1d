// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "mutant/fault.h"

#include <algorithm>

#include "mutant/fault_lists.h"

namespace lunway::mutant {

std::vector<const Fault*> all_faults(wire::Role made_of) {
  std::vector<const Fault*> faults;
  for (const auto list : {target_login_faults(), target_key_faults(), target_command_faults(), target_data_faults(),
                          target_service_faults()}) {
    for (const Fault& fault : list) {
      if (fault.made_of == made_of) faults.push_back(&fault);
    }
  }
  return faults;
}

const Fault* find_fault(wire::Role made_of, std::string_view name) {
  const std::vector<const Fault*> faults = all_faults(made_of);
  const auto found = std::ranges::find(faults, name, &Fault::name);
  return found == faults.end() ? nullptr : *found;
}

}  // namespace lunway::mutant
