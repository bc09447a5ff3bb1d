// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/chap_digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>
#include <utility>

namespace lunway::text {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestHandle = std::unique_ptr<EVP_MD, FreeDigest>;
using ContextHandle = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const char* library_name(ChapAlgorithm algorithm) {
  switch (algorithm) {
    case ChapAlgorithm::md5:
      return "MD5";
    case ChapAlgorithm::sha1:
      return "SHA1";
    case ChapAlgorithm::sha256:
      return "SHA2-256";
    case ChapAlgorithm::sha3_256:
      return "SHA3-256";
  }
  return "";
}

DigestHandle fetch(ChapAlgorithm algorithm) {
  return DigestHandle(EVP_MD_fetch(nullptr, library_name(algorithm), nullptr));
}

bool update(EVP_MD_CTX* context, Bytes bytes) { return EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1; }

bool equal_in_constant_time(Bytes one, Bytes other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

std::optional<ChapAlgorithm> chap_algorithm(std::uint64_t number) {
  const bool known = number >= static_cast<std::uint64_t>(ChapAlgorithm::md5) &&
                     number <= static_cast<std::uint64_t>(ChapAlgorithm::sha3_256);
  return known ? std::optional(static_cast<ChapAlgorithm>(number)) : std::nullopt;
}

std::optional<ChapAlgorithm> chap_algorithm(std::string_view name) {
  if (name == "MD5") return ChapAlgorithm::md5;
  if (name == "SHA-1") return ChapAlgorithm::sha1;
  if (name == "SHA-256") return ChapAlgorithm::sha256;
  if (name == "SHA3-256") return ChapAlgorithm::sha3_256;
  return std::nullopt;
}

std::size_t digest_size(ChapAlgorithm algorithm) {
  switch (algorithm) {
    case ChapAlgorithm::md5:
      return 16;
    case ChapAlgorithm::sha1:
      return 20;
    case ChapAlgorithm::sha256:
    case ChapAlgorithm::sha3_256:
      return 32;
  }
  return 0;
}

bool is_available(ChapAlgorithm algorithm) {
  // A library may know the name and refuse to start the work.
  const DigestHandle digest = fetch(algorithm);
  const ContextHandle context(EVP_MD_CTX_new());
  return digest && context && EVP_DigestInit_ex2(context.get(), digest.get(), nullptr) == 1;
}

ChapSecret& ChapSecret::operator=(const ChapSecret& other) {
  if (this != &other) *this = ChapSecret(other);
  return *this;
}

ChapSecret& ChapSecret::operator=(ChapSecret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

ChapSecret::~ChapSecret() { wipe(); }

void ChapSecret::wipe() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

bool ChapSecret::equals(const ChapSecret& other) const { return equal_in_constant_time(bytes_, other.bytes_); }

std::optional<ChapDigest> ChapDigest::compute(ChapAlgorithm algorithm, std::uint8_t identifier,
                                              const ChapSecret& secret, Bytes challenge) {
  const DigestHandle digest = fetch(algorithm);
  const ContextHandle context(EVP_MD_CTX_new());
  if (!digest || !context || EVP_DigestInit_ex2(context.get(), digest.get(), nullptr) != 1) return std::nullopt;

  ChapDigest result;
  unsigned size = 0;
  const bool computed =
      update(context.get(), std::as_bytes(std::span(&identifier, 1))) && update(context.get(), secret.bytes()) &&
      update(context.get(), challenge) &&
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(result.bytes_.data()), &size) == 1;
  if (!computed || size != digest_size(algorithm)) return std::nullopt;
  result.size_ = size;
  return result;
}

bool ChapDigest::equals(Bytes response) const { return equal_in_constant_time(bytes(), response); }

}  // namespace lunway::text
