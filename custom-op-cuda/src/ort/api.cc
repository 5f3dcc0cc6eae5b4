#include "ort/api.h"

namespace swiglu::ort {

static const OrtApi* current = nullptr;

void set_api(const OrtApi* api) { current = api; }
const OrtApi& api() { return *current; }

void check(OrtStatus* status) {
  if (status == nullptr) return;
  const Failure failure(api().GetErrorCode(status), api().GetErrorMessage(status));
  api().ReleaseStatus(status);
  throw failure;
}

bool succeeded(OrtStatus* status) {
  if (status == nullptr) return true;
  api().ReleaseStatus(status);
  return false;
}

}  // namespace swiglu::ort
