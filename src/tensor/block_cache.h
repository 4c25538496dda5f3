#pragma once

namespace zoetrope {

/// From now on tensors of 1 MiB and more lie in mappings of their own, which are kept when they are
/// freed and used again for tensors of about their size. A step or a chunk of frames asks for the
/// same sizes as the one before, and new pages would cost it a fifth of its time. Kept and used
/// blocks together are never more than what was used at some time since return_kept_blocks.
void keep_blocks();

/// Gives the blocks that are kept, but not used, back to the system: for between stages, whose
/// sizes differ.
void return_kept_blocks();

}  // namespace zoetrope
