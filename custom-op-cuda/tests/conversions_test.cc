// float16 and bfloat16: all 65,536 values widen exactly and come back, and narrowing rounds to nearest, ties to even.
#include <cmath>

#include "check.h"
#include "reference.h"

using namespace swiglu;

template <class T> static double decode(uint16_t bits, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1, exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

template <class T> static void check_type(const char* name, int exponent_bits, int fraction_bits) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const T stored = {static_cast<uint16_t>(bits)};
    const double exact = decode<T>(stored.bits, exponent_bits, fraction_bits);
    const float wide = widen(stored);
    if (std::isnan(exact)) {
      test::expect(std::isnan(wide) && std::isnan(widen(narrow<T>(wide))), name, " NaN ", bits);
      continue;
    }
    test::expect(wide == exact && std::signbit(wide) == std::signbit(exact), name, " widens ", bits, " to ", wide);
    test::expect(narrow<T>(wide).bits == bits, name, " does not come back: ", bits);
    const T next = {static_cast<uint16_t>(bits + 1)};
    const double above = decode<T>(next.bits, exponent_bits, fraction_bits);
    if (!std::isfinite(exact) || !std::isfinite(above) || (bits & 0x7fff) == 0x7fff) continue;
    const float middle = static_cast<float>((exact + above) / 2);
    const uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    test::expect(narrow<T>(middle).bits == even, name, " tie above ", bits);
    const float toward = std::nextafter(middle, static_cast<float>(above)), back = std::nextafter(middle, wide);
    test::expect(narrow<T>(toward).bits == bits + 1 && narrow<T>(back).bits == bits, name, " rounding above ", bits);
  }
  test::expect(std::isinf(widen(narrow<T>(INFINITY))) && std::isinf(widen(narrow<T>(3.4e38f))), name, " overflow");
}

int main() {
  check_type<float16>("float16", 5, 10);
  check_type<bfloat16>("bfloat16", 8, 7);
  return test::finish("conversions");
}
