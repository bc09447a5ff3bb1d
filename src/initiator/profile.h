// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// From a URL and options to what the engine wants to know.

#pragma once

#include "lunway/initiator.h"
#include "session/entropy_source.h"
#include "session/initiator_limits.h"
#include "session/initiator_profile.h"

namespace lunway::initiator {

/// The error names the option that cannot work.
Result<session::InitiatorProfile> make_profile(const Url& url, const Options& options, text::SessionType type,
                                               session::EntropySource& entropy);

session::InitiatorConnectionLimits make_limits(const Options& options);

}  // namespace lunway::initiator
