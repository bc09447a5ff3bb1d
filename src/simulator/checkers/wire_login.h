// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Reads along while two nodes negotiate: what they have agreed on follows from the text alone.
//= rfc7143#6.2

#pragma once

#include <array>
#include <map>
#include <string>

#include "simulator/checkers/wire_session.h"

namespace lunway::simulator {

class LoginReader {
 public:
  /// The text of one PDU of the login.
  void take(Role from, const WirePdu& pdu);

  DigestUse digests() const;
  Agreed agreed() const;
  /// What this side said it can receive.
  std::uint32_t max_data_segment(Role receiver) const;

 private:
  /// The last word that was said about a negotiated key: the answer, or an offer that needs none.
  std::uint32_t number(const std::string& key, std::uint32_t otherwise) const;
  bool boolean(const std::string& key, bool otherwise) const;

  std::array<std::string, 2> text_;  // not whole yet
  std::map<std::string, std::string> said_;
  std::array<std::map<std::string, std::string>, 2> declared_;
};

}  // namespace lunway::simulator
