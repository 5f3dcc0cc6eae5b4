#include "ops/shape.h"

namespace swiglu {

Shape known_shape(const std::vector<int64_t>& dimensions) {
  Shape shape;
  for (const int64_t value : dimensions) shape.push_back({value, ""});
  return shape;
}

std::vector<int64_t> values(const Shape& shape) {
  std::vector<int64_t> result;
  for (const Dimension& dimension : shape) result.push_back(dimension.value);
  return result;
}

std::string text(const Shape& shape) {
  std::string result = "[";
  for (const Dimension& dimension : shape) {
    if (result.size() > 1) result += ", ";
    result += dimension.known() ? std::to_string(dimension.value) : dimension.symbol.empty() ? "?" : dimension.symbol;
  }
  return result + "]";
}

bool agree(const Dimension& a, const Dimension& b) { return !a.known() || !b.known() || a.value == b.value; }

bool agree(const Shape& a, const Shape& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!agree(a[i], b[i])) return false;
  }
  return true;
}

Dimension merged(const Dimension& a, const Dimension& b) {
  if (a.known()) return a;
  return b.known() || a.symbol.empty() ? b : a;
}

Shape merged(const Shape& a, const Shape& b) {
  Shape result;
  for (size_t i = 0; i < a.size(); ++i) result.push_back(merged(a[i], b[i]));
  return result;
}

int64_t product(const Shape& shape, size_t begin, size_t end) {
  int64_t result = 1;
  for (size_t i = begin; i < end; ++i) result *= shape[i].value;
  return result;
}

}  // namespace swiglu
