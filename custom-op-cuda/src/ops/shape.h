// Shapes that may be known only in part: at session creation and in shape inference a dimension can be a symbol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace swiglu {

struct Dimension {
  int64_t value = -1;  // -1: not known
  std::string symbol;  // its name in the graph, where it has one

  bool known() const { return value >= 0; }
};

using Shape = std::vector<Dimension>;

// Absent: nothing is known of the shape.
using Shapes = std::vector<std::optional<Shape>>;

// An input of a node; one that is there may still be of unknown shape.
struct Operand {
  bool given = false;
  std::optional<Shape> shape;
};

// What is known of a node before it runs, or while it does.
struct Operands {
  std::vector<Operand> inputs;
  std::vector<bool> wanted;  // which outputs somebody asks for; empty where that is not told
  bool wants(size_t output) const { return output < wanted.size() && wanted[output]; }
};

Shape known_shape(const std::vector<int64_t>& dimensions);
std::vector<int64_t> values(const Shape& shape);
std::string text(const Shape& shape);

// The two agree as far as they are known.
bool agree(const Dimension& a, const Dimension& b);
bool agree(const Shape& a, const Shape& b);

// What is known of either; they must agree.
Dimension merged(const Dimension& a, const Dimension& b);
Shape merged(const Shape& a, const Shape& b);

// The product of the dimensions from `begin` to `end`; all must be known.
int64_t product(const Shape& shape, size_t begin, size_t end);

}  // namespace swiglu
