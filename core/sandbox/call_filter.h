// The system calls that decoding needs, and no other.
#pragma once

namespace slab::sandbox {

/// Installs the filter for this process, which must have set PR_SET_NO_NEW_PRIVS. False where the kernel or the
/// processor's architecture is without one. Opening and asking about files fails with EACCES, so that libraries that
/// look for a setting go on without it; every other call that is not needed ends the process by SIGSYS.
bool filterCalls();

}  // namespace slab::sandbox
