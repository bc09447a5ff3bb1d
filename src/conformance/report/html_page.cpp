// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/html_page.h"

#include <cctype>

#include "conformance/report/html_style.h"
#include "conformance/report/visible_text.h"

namespace lunway::conformance {

std::string page_begin(std::string_view title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         // Nothing of a peer's can be run or fetched, even if it got into the page.
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
         "script-src '" +
         std::string(kScriptHash) + "'\">\n" + element("title", "", title) + "\n<style>" + std::string(kStyle) +
         "</style>\n</head>\n<body>\n";
}

std::string page_end() { return "<script>" + std::string(kScript) + "</script>\n</body>\n</html>\n"; }

std::string element(std::string_view name, std::string_view kind, std::string_view text) {
  std::string html = "<" + std::string(name);
  if (!kind.empty()) html += " class=\"" + escaped(kind) + "\"";
  return html + ">" + escaped(text) + "</" + std::string(name) + ">";
}

std::string rfc_address(std::string_view rfc_number, std::string_view section) {
  const bool appendix = !section.empty() && std::isdigit(static_cast<unsigned char>(section.front())) == 0;
  return "https://www.rfc-editor.org/rfc/rfc" + escaped(rfc_number) + "#" + (appendix ? "appendix-" : "section-") +
         escaped(section);
}

std::string anchor_of(std::string_view test_id) { return "t-" + std::string(test_id); }

}  // namespace lunway::conformance
