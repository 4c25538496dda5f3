#include "models/families.h"

#include "core/quote.h"
#include "models/wan/wan_family.h"
#include "zoetrope/error.h"

namespace zoetrope {

const ModelFamily& find_family(const ModelIndex& index) {
  static const WanFamily wan;
  static const ModelFamily* const families[] = {&wan};

  for (const ModelFamily* family : families) {
    if (family->matches(index)) return *family;
  }
  throw Error(ErrorCode::kCorrupt,
              "open model " + index.folder().string() + ": the pipeline " +
                  in_quotes(index.pipeline_class()) +
                  " is not supported (expected WanPipeline or WanImageToVideoPipeline)");
}

}  // namespace zoetrope
