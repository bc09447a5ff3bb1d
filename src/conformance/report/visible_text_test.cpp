// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/visible_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

TEST(VisibleText, LettersOfAllAlphabetsStay) {
  EXPECT_EQ(visible("StatSN 5, gr\u00fc\u00dfe, \u65e5\u672c, \U0001f600"),
            "StatSN 5, gr\u00fc\u00dfe, \u65e5\u672c, \U0001f600");
}

TEST(VisibleText, ControlCharactersAreShownAsBytes) {
  EXPECT_EQ(visible(std::string_view("a\0b\x1b[2J\n\x7f", 9)), "a\\x00b\\x1b[2J\\x0a\\x7f");
  EXPECT_EQ(visible("\xc2\x85"), "\\xc2\\x85") << "a control character of Latin 1";
}

TEST(VisibleText, BytesThatAreNoCharacterAreShownAsBytes) {
  EXPECT_EQ(visible("\xff"), "\\xff");
  EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf") << "an overlong slash";
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(visible("\xe2\x82"), "\\xe2\\x82") << "a character cut short";
  EXPECT_EQ(visible("\xef\xbf\xbe"), "\\xef\\xbf\\xbe") << "U+FFFE, which XML forbids";
}

TEST(VisibleText, ChangesOfDirectionAreShownAsBytes) {
  EXPECT_EQ(visible("a\u202eb"), "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(visible("a\u2066b"), "a\\xe2\\x81\\xa6b");
}

TEST(VisibleText, LongTextEnds) { EXPECT_EQ(visible("abcdef", 3), "abc..."); }

TEST(VisibleText, EscapedHasNoMarkup) {
  EXPECT_EQ(escaped("<a href=\"x\">'&'"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
}

TEST(VisibleText, MarkdownStaysInItsCell) { EXPECT_EQ(markdown_escaped("a|b`c<d\n"), "a\\|b\\`c&lt;d\\\\x0a"); }

RC_GTEST_PROP(VisibleText, IsPrintableWhateverComes, (const std::string& text)) {
  for (const char character : escaped(text)) {
    RC_ASSERT(static_cast<unsigned char>(character) >= 0x20 && character != 0x7f);
    RC_ASSERT(character != '<' && character != '>' && character != '"' && character != '\'');
  }
  RC_ASSERT(visible(visible(text)) == visible(text));
}

TEST(Base64, IsThatOfRfc4648) {
  EXPECT_EQ(base64(bytes_of("")), "");
  EXPECT_EQ(base64(bytes_of("f")), "Zg==");
  EXPECT_EQ(base64(bytes_of("fo")), "Zm8=");
  EXPECT_EQ(base64(bytes_of("foo")), "Zm9v");
  EXPECT_EQ(base64(bytes_of("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64(bytes_of("\xff\xfe\xfd")), "//79");
}

TEST(HexBytes, SaysWhenThereIsMore) {
  EXPECT_EQ(hex_bytes(bytes_of("\x01\xab"), 8), "01 ab");
  EXPECT_EQ(hex_bytes(bytes_of("\x01\xab\x02"), 2), "01 ab ...");
}

TEST(DurationText, ChangesItsUnit) {
  EXPECT_EQ(duration_text(std::chrono::microseconds(4200)), "4.2 ms");
  EXPECT_EQ(duration_text(std::chrono::milliseconds(61500)), "61.5 s");
}

}  // namespace
}  // namespace lunway::conformance
