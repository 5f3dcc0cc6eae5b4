#include "ort/custom_op.h"

#include "ort/node.h"

namespace swiglu::ort {

static const CustomOp& self(const OrtCustomOp* op) { return *static_cast<const CustomOp*>(op); }

static OrtCustomOpInputOutputCharacteristic characteristic(const Slot& slot) {
  return slot.optional ? INPUT_OUTPUT_OPTIONAL : INPUT_OUTPUT_REQUIRED;
}

static Failure located(const Failure& failure, const OperatorSpec& op, const std::string& node) {
  return {failure.code(), std::string(op.name) + (node.empty() ? "" : " node '" + node + "'") + ": " + failure.what()};
}

// A node's kernel: stateless between runs, so that any number of threads may run it at once.
class Kernel {
 public:
  Kernel(const CustomOp& op, const OrtKernelInfo* info) : op_(op), node_(KernelNode(info).name()) {
    explained([&] {
      const KernelNode node(info);
      attributes_ = Attributes::read(node);
      op.op().infer(attributes_, node.operands(op.op().inputs.size()));
    });
  }

  void run(OrtKernelContext* context) const {
    explained([&] {
      Call call(attributes_, context, op_.op().inputs.size());
      call.set_output_shapes(op_.op().infer(attributes_, call.operands()));
      op_.kernel().run(call);
    });
  }

 private:
  template <class Body> void explained(const Body& body) const {
    try {
      body();
    } catch (const Failure& failure) {
      throw located(failure, op_.op(), node_);
    }
  }

  const CustomOp& op_;
  std::string node_;
  Attributes attributes_;
};

static OrtStatus* infer_output_shapes(const OrtCustomOp* op, OrtShapeInferContext* context) {
  return guarded([&] {
    const InferenceNode node(context);
    const OperatorSpec& spec = self(op).op();
    const Shapes outputs = spec.infer(Attributes::read(node), node.operands(spec.inputs.size()));
    const size_t reachable = safe_inference() == SafeInference::first_output ? 1 : outputs.size();
    for (size_t i = 0; i < reachable; ++i) {
      if (outputs[i]) node.set_output_shape(i, *outputs[i]);
    }
  });
}

CustomOp::CustomOp(const KernelSpec& kernel) : OrtCustomOp{}, kernel_(kernel) {
  version = kApiVersion;
  GetName = [](const OrtCustomOp* op) { return self(op).op().name; };
  GetExecutionProviderType = [](const OrtCustomOp* op) { return self(op).kernel().provider; };
  GetInputTypeCount = [](const OrtCustomOp* op) { return self(op).op().inputs.size(); };
  GetOutputTypeCount = [](const OrtCustomOp* op) { return self(op).op().outputs.size(); };
  GetInputType = [](const OrtCustomOp* op, size_t) { return self(op).kernel().type; };
  GetOutputType = [](const OrtCustomOp* op, size_t) { return self(op).kernel().type; };
  GetInputCharacteristic = [](const OrtCustomOp* op, size_t i) { return characteristic(self(op).op().inputs[i]); };
  GetOutputCharacteristic = [](const OrtCustomOp* op, size_t i) { return characteristic(self(op).op().outputs[i]); };
  GetInputMemoryType = [](const OrtCustomOp*, size_t) { return OrtMemTypeDefault; };
  GetVariadicInputMinArity = [](const OrtCustomOp*) { return 0; };
  GetVariadicInputHomogeneity = [](const OrtCustomOp*) { return 0; };
  GetVariadicOutputMinArity = [](const OrtCustomOp*) { return 0; };
  GetVariadicOutputHomogeneity = [](const OrtCustomOp*) { return 0; };
  GetStartVersion = [](const OrtCustomOp*) { return 1; };
  GetEndVersion = [](const OrtCustomOp*) { return 1; };
  InferOutputShapeFn = safe_inference() == SafeInference::none ? nullptr : infer_output_shapes;
  CreateKernelV2 = [](const OrtCustomOp* op, const OrtApi*, const OrtKernelInfo* info, void** kernel) {
    return guarded([&] { *kernel = new Kernel(self(op), info); });
  };
  KernelComputeV2 = [](void* kernel, OrtKernelContext* context) {
    return guarded([&] { static_cast<Kernel*>(kernel)->run(context); });
  };
  KernelDestroy = [](void* kernel) { delete static_cast<Kernel*>(kernel); };
}

}  // namespace swiglu::ort
