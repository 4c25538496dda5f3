#pragma once

#include <string>
#include <string_view>

namespace zoetrope {

/// A prompt as the reference pipelines hand it to the tokenizer: ftfy's fix_text (quotes,
/// ligatures, character width, line breaks, terminal escapes, control characters, form C, HTML
/// references), HTML references twice more, each run of white space one space, none at the ends.
/// So the full-width commas of Wan's own negative prompt become commas.
///
/// Text that was decoded in a wrong encoding ("cafÃ©") is not repaired, which ftfy does.
/// Throws Error(kUsage) if `utf8` is not UTF-8. Takes time linear in the length.
/// Source: diffusers 0.42 `prompt_clean` (pipeline_wan.py), ftfy 6.3 `fix_text`.
std::string clean_prompt(std::string_view utf8);

}  // namespace zoetrope
