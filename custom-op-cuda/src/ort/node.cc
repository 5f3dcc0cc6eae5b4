#include "ort/node.h"

#include <algorithm>
#include <atomic>

namespace swiglu::ort {

Shape shape_of(const OrtTensorTypeAndShapeInfo* info) {
  size_t rank = 0;
  check(api().GetDimensionsCount(info, &rank));
  std::vector<int64_t> dimensions(rank);
  std::vector<const char*> symbols(rank, nullptr);
  check(api().GetDimensions(info, dimensions.data(), rank));
  check(api().GetSymbolicDimensions(info, symbols.data(), rank));
  Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    const bool symbolic = dimensions[i] < 0 && symbols[i] != nullptr;
    shape.push_back({dimensions[i], symbolic ? symbols[i] : ""});
  }
  return shape;
}

std::string KernelNode::name() const {
  size_t size = 0;
  if (!succeeded(api().KernelInfo_GetNodeName(info_, nullptr, &size)) || size == 0) return "";
  std::string name(size, '\0');
  check(api().KernelInfo_GetNodeName(info_, name.data(), &size));
  name.resize(size - 1);
  return name;
}

// A shape of rank 0 is one that the graph does not tell; no input of these operators is a scalar.
static Operand operand(const OrtTensorTypeAndShapeInfo* info) {
  Shape shape = shape_of(info);
  return {true, shape.empty() ? std::nullopt : std::optional<Shape>(std::move(shape))};
}

Operands KernelNode::operands(size_t input_count) const {
  Operands operands{std::vector<Operand>(input_count), wanted()};
  size_t named = 0;
  check(api().KernelInfo_GetInputCount(info_, &named));
  for (size_t i = 0; i < std::min(input_count, named); ++i) {
    OrtTypeInfo* type = nullptr;
    if (!succeeded(api().KernelInfo_GetInputTypeInfo(info_, i, &type))) continue;  // left out
    const Owned<OrtTypeInfo> owner(type);
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;
    check(api().CastTypeInfoToTensorInfo(type, &tensor));
    operands.inputs[i] = operand(tensor);
  }
  return operands;
}

std::vector<bool> KernelNode::wanted() const {
  size_t count = 0;
  check(api().KernelInfo_GetOutputCount(info_, &count));
  std::vector<bool> wanted;
  for (size_t i = 0; i < count; ++i) {
    size_t size = 0;  // with the terminator
    check(api().KernelInfo_GetOutputName(info_, i, nullptr, &size));
    wanted.push_back(size > 1);
  }
  return wanted;
}

// ONNX Runtime answers "absent" and "of another type" alike; reading it as every other type tells them apart.
void KernelNode::refuse_other_type(const char* name, const char* wanted) const {
  size_t size = 0;
  float number = 0;
  int64_t integer = 0;
  OrtAllocator* allocator = nullptr;
  OrtValue* tensor = nullptr;
  check(api().GetAllocatorWithDefaultOptions(&allocator));
  const bool is_tensor = succeeded(api().KernelInfoGetAttribute_tensor(info_, name, allocator, &tensor));
  const Owned<OrtValue> owner(tensor);
  const bool present = is_tensor || succeeded(api().KernelInfoGetAttribute_string(info_, name, nullptr, &size)) ||
                       succeeded(api().KernelInfoGetAttribute_float(info_, name, &number)) ||
                       succeeded(api().KernelInfoGetAttribute_int64(info_, name, &integer)) ||
                       succeeded(api().KernelInfoGetAttributeArray_float(info_, name, nullptr, &(size = 0))) ||
                       succeeded(api().KernelInfoGetAttributeArray_int64(info_, name, nullptr, &(size = 0)));
  if (present) throw invalid("attribute " + std::string(name) + " must be " + wanted + ".");
}

std::optional<std::string> KernelNode::text(const char* name) const {
  size_t size = 0;
  if (!succeeded(api().KernelInfoGetAttribute_string(info_, name, nullptr, &size))) {
    refuse_other_type(name, "a string");
    return std::nullopt;
  }
  std::string value(size, '\0');
  check(api().KernelInfoGetAttribute_string(info_, name, value.data(), &size));
  value.resize(size - 1);
  return value;
}

std::optional<float> KernelNode::number(const char* name) const {
  float value = 0;
  if (succeeded(api().KernelInfoGetAttribute_float(info_, name, &value))) return value;
  refuse_other_type(name, "a float");
  return std::nullopt;
}

std::optional<int64_t> KernelNode::integer(const char* name) const {
  int64_t value = 0;
  if (succeeded(api().KernelInfoGetAttribute_int64(info_, name, &value))) return value;
  refuse_other_type(name, "an integer");
  return std::nullopt;
}

Operands InferenceNode::operands(size_t input_count) const {
  Operands operands{std::vector<Operand>(input_count), {}};
  size_t named = 0;
  check(api().ShapeInferContext_GetInputCount(context_, &named));
  for (size_t i = 0; i < std::min(input_count, named); ++i) {
    OrtTensorTypeAndShapeInfo* info = nullptr;
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    check(api().ShapeInferContext_GetInputTypeShape(context_, i, &info));
    check(api().GetTensorElementType(info, &type));
    if (type != ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED) operands.inputs[i] = operand(info);
  }
  return operands;
}

// ONNX Runtime writes a dimension without a name into the graph as the number -1, which contradicts every other number
// that it meets there. A name that nothing else has says that the dimension is open.
static std::string open_dimension() {
  static std::atomic<uint64_t> count{0};
  return "dev.swiglu.open" + std::to_string(count++);
}

void InferenceNode::set_output_shape(size_t index, const Shape& shape) const {
  OrtTensorTypeAndShapeInfo* first_input = nullptr;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  check(api().ShapeInferContext_GetInputTypeShape(context_, 0, &first_input));
  check(api().GetTensorElementType(first_input, &type));
  OrtTensorTypeAndShapeInfo* info = nullptr;
  check(api().CreateTensorTypeAndShapeInfo(&info));
  const Owned<OrtTensorTypeAndShapeInfo> owner(info);
  const std::vector<int64_t> dimensions = values(shape);
  std::vector<std::string> names;
  for (const Dimension& dimension : shape) {
    names.push_back(dimension.known() || !dimension.symbol.empty() ? dimension.symbol : open_dimension());
  }
  std::vector<const char*> symbols;
  for (const std::string& name : names) symbols.push_back(name.c_str());
  check(api().SetTensorElementType(info, type));
  check(api().SetDimensions(info, dimensions.data(), dimensions.size()));
  check(api().SetSymbolicDimensions(info, symbols.data(), symbols.size()));
  succeeded(api().ShapeInferContext_SetOutputTypeShape(context_, index, info));
}

template <class Value> static bool read(OrtShapeInferContext* context, const char* name, OrtOpAttrType type, Value* value) {
  const OrtOpAttr* attribute = nullptr;
  size_t size = 0;
  return succeeded(api().ShapeInferContext_GetAttribute(context, name, &attribute)) && attribute != nullptr &&
         succeeded(api().ReadOpAttr(attribute, type, value, sizeof *value, &size));
}

std::optional<std::string> InferenceNode::text(const char* name) const {
  char value[64] = {};
  const OrtOpAttr* attribute = nullptr;
  size_t size = 0;
  if (!succeeded(api().ShapeInferContext_GetAttribute(context_, name, &attribute)) || attribute == nullptr ||
      !succeeded(api().ReadOpAttr(attribute, ORT_OP_ATTR_STRING, value, sizeof value - 1, &size))) {
    return std::nullopt;
  }
  return std::string(value);
}

std::optional<float> InferenceNode::number(const char* name) const {
  float value = 0;
  return read(context_, name, ORT_OP_ATTR_FLOAT, &value) ? std::optional<float>(value) : std::nullopt;
}

std::optional<int64_t> InferenceNode::integer(const char* name) const {
  int64_t value = 0;
  return read(context_, name, ORT_OP_ATTR_INT, &value) ? std::optional<int64_t>(value) : std::nullopt;
}

}  // namespace swiglu::ort
