// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// AuthMethod: which way of authentication, if any. We do CHAP and None; KRB5 and SRP are names that we pass over.
//= rfc7143#12.1

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lunway::text {

enum class AuthMethod : std::uint8_t { none, chap };

std::string_view auth_method_text(AuthMethod method);

/// The list to propose, in our order of preference.
std::string auth_method_list(std::span<const AuthMethod> best_first);

/// The acceptor's choice: the first method of the proposed list that is among `accepted`. Nothing: the answer is
/// Reject, and the login fails as "authentication failure".
//= rfc7143#6.3.2
std::optional<AuthMethod> select_auth_method(std::string_view proposed, std::span<const AuthMethod> accepted);

/// The proposer's reading of the answer. Nothing when it is Reject, or a method that was not proposed.
std::optional<AuthMethod> accepted_auth_method(std::string_view answer, std::span<const AuthMethod> proposed);

}  // namespace lunway::text
