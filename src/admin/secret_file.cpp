// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/secret_file.h"

#include <cerrno>

#include "admin/text_file.h"

namespace lunway::admin {
namespace {

// A CHAP response is a hash over the secret: any length works, but a longer one is a file that was named by mistake.
constexpr std::size_t kMaxSecretFileBytes = 1024;

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
  Result<std::string> text = read_text_file(path, kMaxSecretFileBytes);
  if (!text) return text;
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) return failure(EINVAL, path + " holds no secret: it is empty");
  if (text->contains('\n')) return failure(EINVAL, path + " holds more than one line: a secret file holds one");
  return text;
}

}  // namespace lunway::admin
