// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a login agreed on, as rows to print: the RFC's key names and their values.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lunway/initiator.h"

namespace lunway::cli {

/// A flag is Yes or No to people and a boolean to machines.
using Fact = std::variant<bool, std::uint64_t, std::string>;
using Facts = std::vector<std::pair<std::string, Fact>>;

/// ISID, TSIH, CID, TargetPortalGroupTag, TargetAlias, AuthMethod.
Facts session_facts(const initiator::Negotiated& negotiated);
/// The operational keys of chapter 13, in its order as far as a person cares.
//= rfc7143#13
Facts negotiated_facts(const initiator::Negotiated& negotiated);

std::string to_text(const Fact& fact);

}  // namespace lunway::cli
