internal import CLinux

/// Asks the kernel to kill this process when the thread that made it ends.
///
/// The parent may have died before the request took effect; then the process has another parent already, and this
/// says so. A parent in an outer process namespace is seen as 0. Changing user or group afterwards cancels the
/// request (prctl(2)).
package func dieWithParent(expectedParent: Int32) throws(ConfinementError) {
    let status = confinement_prctl(CONFINEMENT_PR_SET_PDEATHSIG, 9, 0)
    guard status == 0 else { throw .refused(step: .dieWithParent, errno: Int32(-status)) }
    let parent = Int32(truncatingIfNeeded: confinement_parent())
    guard parent == expectedParent else { throw .parentGone(expected: expectedParent, found: parent) }
}

/// This process's id, for a child to expect as its parent's.
package func currentProcess() -> Int32 { Int32(truncatingIfNeeded: clinux_process_id()) }
