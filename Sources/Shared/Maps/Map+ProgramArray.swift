import Channel

/// Arrays of programs (BPF_MAP_TYPE_PROG_ARRAY): what a tail call chooses from.
///
/// An element is 0 where the slot is empty, or one more than the place of a program in the cell's table of programs, which lies in memory
/// that the cell cannot write. No address and no index of an instruction is here: whatever a hostile cell writes, a tail call leads to the
/// entry of a program that was admitted, or fails. Programs can neither read nor write what is here; the host can.
extension Map {
    /// What slot `index` holds: nobody has checked it yet. 0 where the slot is empty, or there is none.
    package func untrustedProgramNumber(at index: UInt32) -> UInt32 {
        let address = arrayValue(index: index, lane: 0)
        return address == 0 ? 0 : memory.loadAcquire32(address)
    }

    /// What the host puts into a slot that the array has; 0 empties it.
    package func storeProgramNumber(_ number: UInt32, at index: UInt32) {
        let address = arrayValue(index: index, lane: 0)
        precondition(address != 0 && !user.isProgram, "the host fills slots that are there")
        memory.storeRelease32(address, number)
    }
}
