# SPDX-License-Identifier: Apache-2.0
"""What counts as code, and where functions begin and end."""

import unittest

from cpp_text import blank, functions

SAMPLE = '''
namespace a {
template <class T, int N>
  requires (N > 1)
T first(T x) {
  if (x) { return {}; }
}
struct S final : Base<int> {
  S() : a_{1}, b_(2) {
    call();
  }
  int a_{0};
  bool operator==(const S&) const = default;
  std::function<void()> f_ = [] { return 1; };
  auto third() const -> std::vector<int> { return {1}; }
 private:
  enum class E { a, b };
};
constexpr std::array<int, 2> kTable = {1, 2};
std::vector<int> v{f(1), 2};
void fourth(S s = {}) noexcept(true) {
  char c = '{'; int n = 1'000; const char* r = R"x({{{)x";
}
}  // namespace a
TEST(Rfc7143_4_1, Name) {
}
[[nodiscard]] inline Result<int> a::S::sixth(int (*p)(int)) {
}
'''


class Functions(unittest.TestCase):
    def test_names_and_lines(self) -> None:
        self.assertEqual([(f.name, f.first_line, f.last_line) for f in functions(SAMPLE)], [
            ("first", 5, 7), ("S", 9, 11), ("third", 15, 15), ("fourth", 21, 23), ("Rfc7143_4_1.Name", 25, 26),
            ("a::S::sixth", 27, 28)])

    def test_directives_do_not_count(self) -> None:
        text = "#define OPEN {\\\n {\n#if 1\nvoid f() {\n}\n#endif\n"
        self.assertEqual([(f.first_line, f.last_line) for f in functions(text)], [(4, 5)])


class Blank(unittest.TestCase):
    def test_comments_and_strings_go_and_columns_stay(self) -> None:
        self.assertEqual(blank('a("x // y"); // b'), "a(        );     ")
        self.assertEqual(blank("a /* b\nc */ d"), "a     \n     d")

    def test_strings_can_stay(self) -> None:
        self.assertEqual(blank('#include "x//y.h" // z', strings=False), '#include "x//y.h"     ')

    def test_digit_separator_is_no_quote(self) -> None:
        self.assertEqual(blank("1'000 + rand() + 'x'"), "1'000 + rand() +    ")

    def test_raw_string(self) -> None:
        self.assertEqual(blank('f(R"(a"b)") + g').replace(" ", ""), "f()+g")


if __name__ == "__main__":
    unittest.main()
