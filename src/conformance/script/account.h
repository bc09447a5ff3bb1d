// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A name and a secret for CHAP.

#pragma once

#include <string>

namespace lunway::conformance {

struct Account {
  std::string name;
  std::string secret;
};

}  // namespace lunway::conformance
