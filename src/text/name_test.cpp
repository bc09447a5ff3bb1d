// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/name.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cctype>

namespace lunway::text {
namespace {

std::string normal(std::string_view text, NameRules rules = NameRules::rfc) {
  const auto name = IscsiName::parse(text, rules);
  return name ? name->text() : std::string(describe(name.error()));
}

NameFault fault_of(std::string_view text) {
  const auto name = IscsiName::parse(text);
  EXPECT_FALSE(name) << text;
  return name ? NameFault::empty : name.error();
}

TEST(Rfc7143_4_2_7_4_Iqn, TheExamplesAreNames) {
  for (const char* text : {"iqn.2001-04.com.example:storage:diskarrays-sn-a8675309", "iqn.2001-04.com.example",
                           "iqn.2001-04.com.example:storage.tape1.sys1.xyz", "iqn.1993-08.org.debian:01:abcdef",
                           "iqn.1992-04.com.os-vendor.plan9:cdrom.12345", "iqn.2001-04.com.example:"}) {
    EXPECT_EQ(normal(text), text);
    EXPECT_EQ(IscsiName::parse(text)->type(), IscsiName::Type::iqn);
  }
}

TEST(Rfc7143_4_2_7_4_Iqn, HasADate) {
  for (const char* text :
       {"iqn.", "iqn.2001", "iqn.2001-04", "iqn.2001-04com.example", "iqn.01-04.com.example", "iqn.2001-4.com.example",
        "iqn.2001-00.com.example", "iqn.2001-13.com.example", "iqn.2001.04.com.example", "iqn.com.example:disk"}) {
    EXPECT_EQ(fault_of(text), NameFault::bad_date) << text;
  }
}

TEST(Rfc7143_4_2_7_4_Iqn, HasAReversedDomainName) {
  for (const char* text :
       {"iqn.2001-04.", "iqn.2001-04.:disk", "iqn.2001-04..com", "iqn.2001-04.com..example", "iqn.2001-04.com.:disk"}) {
    EXPECT_EQ(fault_of(text), NameFault::bad_authority) << text;
  }
}

TEST(Rfc7143_4_2_7_5_Eui, Has16HexDigits) {
  EXPECT_EQ(normal("eui.02004567A425678D"), "eui.02004567a425678d");
  EXPECT_EQ(IscsiName::parse("eui.02004567a425678d")->type(), IscsiName::Type::eui);
  for (const char* text : {"eui.", "eui.02004567A425678", "eui.02004567A425678D0", "eui.02004567A425678G",
                           "eui.62004567BA64678D0123456789ABCDEF"}) {
    EXPECT_EQ(fault_of(text), NameFault::bad_identifier) << text;
  }
}

TEST(Rfc7143_4_2_7_6_Naa, Has16Or32HexDigits) {
  EXPECT_EQ(normal("naa.52004567BA64678D"), "naa.52004567ba64678d");
  EXPECT_EQ(normal("naa.62004567BA64678D0123456789ABCDEF"), "naa.62004567ba64678d0123456789abcdef");
  EXPECT_EQ(IscsiName::parse("naa.52004567BA64678D")->type(), IscsiName::Type::naa);
  EXPECT_EQ(fault_of("naa.52004567BA64678D01"), NameFault::bad_identifier);
}

TEST(Rfc7143_4_2_7_3_NameStructure, OtherTypesAreUnknown) {
  EXPECT_EQ(fault_of("example"), NameFault::unknown_type);
  EXPECT_EQ(fault_of("wwn.2001-04.com.example"), NameFault::unknown_type);
  EXPECT_EQ(fault_of("iqn"), NameFault::unknown_type);
  EXPECT_EQ(fault_of(""), NameFault::empty);
}

//= ledger R7143-4.2.7.1-03 R7143-4.2.7.2-01
TEST(Rfc7143_4_2_7_1_NameProperties, HasAtMost223Bytes) {
  const std::string prefix = "iqn.2001-04.com.example:";
  const std::string longest = prefix + std::string(223 - prefix.size(), 'x');
  EXPECT_EQ(normal(longest), longest);
  EXPECT_EQ(fault_of(longest + "x"), NameFault::too_long);
  EXPECT_EQ(fault_of(std::string(100000, 'x')), NameFault::too_long);
}

TEST(Rfc7143_4_2_7_1_NameProperties, ANameThatGrowsInNormalFormIsMeasuredAfterwards) {
  // U+FB03 (one ligature, 3 bytes) becomes "ffi"; U+FDFA (3 bytes) becomes 33 bytes.
  const std::string prefix = "iqn.2001-04.com.example:";
  EXPECT_EQ(normal(prefix + "\xef\xac\x83"), prefix + "ffi");
  std::string growing = prefix;
  for (int i = 0; i < 20; ++i) growing += "\xef\xb7\xba";
  EXPECT_FALSE(IscsiName::parse(growing));
}

TEST(Rfc3722_4_Mapping, UpperCaseIsTheSameName) {
  EXPECT_EQ(normal("IQN.2001-04.COM.Example:Disk"), "iqn.2001-04.com.example:disk");
  EXPECT_EQ(*IscsiName::parse("iqn.2001-04.com.example:DISK"), *IscsiName::parse("iqn.2001-04.com.example:disk"));
  EXPECT_EQ(normal("iqn.2001-04.com.example:\xc3\x84"), "iqn.2001-04.com.example:\xc3\xa4");
}

TEST(Rfc3722_5_Normalization, DecomposedCharactersAreTheSameName) {
  // LATIN SMALL LETTER A, COMBINING DIAERESIS
  EXPECT_EQ(normal("iqn.2001-04.com.example:a\xcc\x88"), "iqn.2001-04.com.example:\xc3\xa4");
}

TEST(Rfc3722_6_ProhibitedOutput, TheseCharactersAreProhibited) {
  const std::string prefix = "iqn.2001-04.com.example:";
  for (int c = 1; c < 0x80; ++c) {
    const auto character = static_cast<char>(c);
    const bool allowed = std::isalnum(c) != 0 || character == '-' || character == '.' || character == ':';
    EXPECT_EQ(IscsiName::parse(prefix + character).has_value(), allowed) << c;
  }
  EXPECT_EQ(fault_of(prefix + "a b"), NameFault::prohibited);
  EXPECT_EQ(fault_of(prefix + "\xe3\x80\x82"), NameFault::prohibited) << "ideographic full stop";
  EXPECT_EQ(fault_of(prefix + '\0' + "x"), NameFault::prohibited);
}

TEST(Rfc3722_8_UnassignedCodePoints, AreRefused) {
  // U+0221 has a letter since Unicode 4.0.
  EXPECT_EQ(fault_of("iqn.2001-04.com.example:\xc8\xa1"), NameFault::prohibited);
}

//= ledger R7143-4.2.7.2-01
TEST(Rfc7143_4_2_7_2_NameEncoding, IsUtf8) {
  EXPECT_EQ(fault_of("iqn.2001-04.com.example:\xff"), NameFault::not_utf8);
  EXPECT_EQ(fault_of("iqn.2001-04.com.example:\xc3"), NameFault::not_utf8) << "cut in the middle of a character";
}

TEST(LenientNames, TakeWhatPeersAreCalled) {
  constexpr std::string_view kName = "iqn.1994-05.com.redhat:My_Host";
  EXPECT_EQ(fault_of(kName), NameFault::prohibited);
  EXPECT_EQ(normal(kName, NameRules::lenient), "iqn.1994-05.com.redhat:my_host");
  EXPECT_FALSE(IscsiName::parse("iqn.1994-05.com.redhat:my host", NameRules::lenient));
  EXPECT_FALSE(IscsiName::parse("my_host", NameRules::lenient));
}

// --- Patterns.

bool matches(std::string_view pattern, std::string_view name) {
  return NamePattern::parse(pattern)->matches(*IscsiName::parse(name));
}

TEST(NamePattern, AStarIsAnyRunOfCharacters) {
  constexpr std::string_view kName = "iqn.1993-08.org.debian:01:abcdef";
  for (const char* pattern :
       {"*", "iqn.1993-08.org.debian:*", "*abcdef", "iqn.*.debian:*", "iqn.1993-08.org.debian:01:abcdef*", "**", "*01*",
        "IQN.1993-08.org.DEBIAN:*", "iqn.1993-08.org.debian:01:abcdef"}) {
    EXPECT_TRUE(matches(pattern, kName)) << pattern;
  }
  for (const char* pattern : {"iqn.1993-08.org.debian:02*", "*abcde", "debian*", "*x*",
                              "iqn.1993-08.org.debian:01:abcdefg*", "iqn.1993-08.org.debian:01:abcde"}) {
    EXPECT_FALSE(matches(pattern, kName)) << pattern;
  }
}

TEST(NamePattern, BacktracksToTheLastStar) {
  EXPECT_TRUE(matches("iqn.*aab*", "iqn.2001-04.com.example:aaaaab"));
  EXPECT_FALSE(matches("iqn.*aab*b", "iqn.2001-04.com.example:aaaaab"));
}

TEST(NamePattern, WithoutAStarMustBeAName) {
  EXPECT_EQ(NamePattern::parse("debian").error(), NameFault::unknown_type);
  EXPECT_EQ(NamePattern::parse("").error(), NameFault::empty);
  EXPECT_EQ(NamePattern::parse("iqn.1993-08.org.debian:a b*").error(), NameFault::prohibited);
}

TEST(NamePattern, ManyStarsTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "*b", "iqn.2001-04.com.example:" + std::string(199, 'a')));
}

RC_GTEST_PROP(Rfc7143_4_2_7_2_NameEncoding, NormalFormIsStable, (const std::string& tail)) {
  const auto name = IscsiName::parse("iqn.2001-04.com.example:" + tail);
  if (!name) return;
  RC_ASSERT(*IscsiName::parse(name->text()) == *name);
  RC_ASSERT(NamePattern::parse("iqn.2001-04.com.example:*")->matches(*name));
}

}  // namespace
}  // namespace lunway::text
