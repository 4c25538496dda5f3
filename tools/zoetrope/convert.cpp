#include "commands.h"
#include "core/json.h"
#include "model_folder.h"
#include "numbers.h"
#include "render.h"
#include "terminal.h"

namespace zoetrope::cli {

void run_convert(const ConvertCommand& command, Reporter& reporter) {
  const ConvertResult result =
      convert_checkpoint(choose_model(command.model), command.options, hooks_for(reporter));
  const std::string output = command.options.output.string();
  Json json;
  json.set("output", output);
  json.set("bytes", result.bytes);
  json.set("kept_bytes", result.kept_bytes);
  reporter.finished(json, "wrote " + output + ": " + human_bytes(result.bytes) + " of weights" +
                              (result.kept_bytes > 0 ? ", " + human_bytes(result.kept_bytes) +
                                                           " of them by an earlier run"
                                                     : ""));
  print_result((command.json ? json.dump() : output) + "\n");
}

}  // namespace zoetrope::cli
