// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The expected responses come from another program:
//   (printf '\x2a'; printf '%s' 'a secret of 96 bits+'; echo -n 000102...0f | xxd -r -p) | openssl dgst -md5

#include "text/chap_digest.h"

#include <gtest/gtest.h>

#include "text/encoding.h"

namespace lunway::text {
namespace {

constexpr std::string_view kSecret = "a secret of 96 bits+";

std::string response_of(ChapAlgorithm algorithm) {
  std::array<std::byte, 16> challenge;
  for (std::size_t i = 0; i < challenge.size(); ++i) challenge[i] = static_cast<std::byte>(i);
  const auto digest = ChapDigest::compute(algorithm, 0x2a, ChapSecret(kSecret), challenge);
  return digest ? hex_constant(digest->bytes()) : "unavailable";
}

TEST(Rfc1994_4_1_Response, IsTheHashOfIdentifierSecretAndChallenge) {
  EXPECT_EQ(response_of(ChapAlgorithm::md5), "0xc751f0060b33947f70f94aa8fe98340d");
  EXPECT_EQ(response_of(ChapAlgorithm::sha1), "0xb35e84ca816a9a1f824444f6dac621ca2f467604");
  EXPECT_EQ(response_of(ChapAlgorithm::sha256), "0x7f87cc04d97f396609c9e8109aab9ad7c84e2851fa20fee95c0295b194e8ce73");
  EXPECT_EQ(response_of(ChapAlgorithm::sha3_256), "0x5ef5beaeb308240147204fa83125e158018dbe2e162273644087972dbfa533c5");
}

TEST(Rfc1994_4_1_Response, IsWhatAnotherInitiatorAnswers) {
  // CHAP_R of libiscsi 1.19.0 to CHAP_I=17 and this challenge, with the secret "secretofalice12".
  std::array<std::byte, 16> challenge;
  ASSERT_TRUE(decode_binary_exactly("0x000102030405060708090a0b0c0d0e0f", challenge));
  std::array<std::byte, 16> response;
  ASSERT_TRUE(decode_binary_exactly("0x92D1EFEF64B9DE7426349068318B6359", response));
  const auto digest = ChapDigest::compute(ChapAlgorithm::md5, 17, ChapSecret("secretofalice12"), challenge);
  ASSERT_TRUE(digest);
  EXPECT_TRUE(digest->equals(response));
}

TEST(Rfc7143_12_1_3_Chap, AlgorithmsHaveTheNumbersOfIana) {
  EXPECT_EQ(chap_algorithm(5), ChapAlgorithm::md5);
  EXPECT_EQ(chap_algorithm(6), ChapAlgorithm::sha1);
  EXPECT_EQ(chap_algorithm(7), ChapAlgorithm::sha256);
  EXPECT_EQ(chap_algorithm(8), ChapAlgorithm::sha3_256);
  EXPECT_EQ(chap_algorithm(4), std::nullopt);
  EXPECT_EQ(chap_algorithm(9), std::nullopt);
  EXPECT_EQ(chap_algorithm(0x100000005), std::nullopt);
}

TEST(Rfc7143_12_1_3_Chap, DigestComparesItsWholeLength) {
  const auto digest = ChapDigest::compute(ChapAlgorithm::sha256, 1, ChapSecret(kSecret), bytes_of("challenge"));
  ASSERT_TRUE(digest);
  EXPECT_TRUE(digest->equals(digest->bytes()));
  EXPECT_FALSE(digest->equals(digest->bytes().first(16)));
  EXPECT_FALSE(digest->equals({}));
  std::array<std::byte, kMaxChapDigest> last_bit_off;
  copy_bytes(last_bit_off, digest->bytes());
  last_bit_off.back() ^= std::byte{1};
  EXPECT_FALSE(digest->equals(last_bit_off));
}

TEST(Rfc7143_9_2_1_ChapSecret, IsLongEnoughFrom96BitsOn) {
  EXPECT_FALSE(ChapSecret("eleven byte").is_long_enough());
  EXPECT_TRUE(ChapSecret("twelve bytes").is_long_enough());
}

TEST(Rfc7143_9_2_1_ChapSecret, HoldsAnyBytes) {
  const std::string_view bytes("\0\xff\n=0x\0\x80", 8);
  EXPECT_EQ(text_of(ChapSecret(bytes).bytes()), bytes);
}

TEST(Rfc7143_9_2_1_ChapSecret, CopiesAndMovesKeepTheBytes) {
  const ChapSecret original("twelve bytes");
  ChapSecret copy("something else");
  copy = original;
  EXPECT_TRUE(copy.equals(original));
  ChapSecret moved("third");
  moved = std::move(copy);
  EXPECT_TRUE(moved.equals(original));
  EXPECT_FALSE(moved.equals(ChapSecret("twelve byteS")));
  EXPECT_FALSE(moved.equals(ChapSecret()));
}

}  // namespace
}  // namespace lunway::text
