// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The hash functions of CHAP, and secrets. The only place of the program that asks OpenSSL for a digest.
//= rfc1994#4.1
//= rfc7143#12.1.3

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace lunway::text {

/// The numbers that IANA keeps for CHAP_A.
enum class ChapAlgorithm : std::uint8_t { md5 = 5, sha1 = 6, sha256 = 7, sha3_256 = 8 };

/// Nothing for numbers that we do not know.
std::optional<ChapAlgorithm> chap_algorithm(std::uint64_t number);

/// By the name that people use: MD5, SHA-1, SHA-256, SHA3-256.
std::optional<ChapAlgorithm> chap_algorithm(std::string_view name);

constexpr std::size_t kMaxChapDigest = 32;

/// Bytes of a response: 16, 20 or 32.
std::size_t digest_size(ChapAlgorithm algorithm);

/// The crypto library of this machine does this hash. A library in FIPS mode refuses MD5.
bool is_available(ChapAlgorithm algorithm);

/// A secret: any bytes, wiped when they are no longer held. It has no text form and never appears in a log.
class ChapSecret {
 public:
  /// Shorter secrets fall to a dictionary attack by anybody who listened to one login.
  //= rfc7143#9.2.1
  static constexpr std::size_t kMinBytes = 96 / 8;

  ChapSecret() = default;
  explicit ChapSecret(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
  explicit ChapSecret(std::string_view text) : ChapSecret(bytes_of(text)) {}
  ChapSecret(const ChapSecret&) = default;
  ChapSecret(ChapSecret&&) = default;
  ChapSecret& operator=(const ChapSecret& other);
  ChapSecret& operator=(ChapSecret&& other) noexcept;
  ~ChapSecret();

  Bytes bytes() const { return bytes_; }
  bool is_long_enough() const { return bytes_.size() >= kMinBytes; }
  /// In constant time for secrets of the same length.
  bool equals(const ChapSecret& other) const;

 private:
  void wipe();

  std::vector<std::byte> bytes_;
};

/// The response of RFC 1994: the hash over identifier, secret and challenge.
class ChapDigest {
 public:
  /// Nothing when the crypto library does not do the algorithm.
  static std::optional<ChapDigest> compute(ChapAlgorithm algorithm, std::uint8_t identifier, const ChapSecret& secret,
                                           Bytes challenge);

  Bytes bytes() const { return Bytes(bytes_).first(size_); }
  /// In constant time, whatever the peer sent.
  bool equals(Bytes response) const;

 private:
  std::array<std::byte, kMaxChapDigest> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace lunway::text
