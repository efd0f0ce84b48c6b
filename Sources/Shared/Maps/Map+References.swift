import Channel

/// Arrays of programs (BPF_MAP_TYPE_PROG_ARRAY): what a tail call chooses from.
///
/// An element is 0 where the slot is empty, or one more than the place of a program in the cell's table of programs, which lies in memory
/// that the cell cannot write. No address and no index of an instruction is here: whatever a hostile cell writes, a tail call leads to the
/// entry of a program that was admitted, or fails. Programs can neither read nor write what is here; the host can.
extension Map {
    /// What slot `index` holds: nobody has checked it yet. 0 where the slot is empty, or there is none.
    package func untrustedNumber(at index: UInt32) -> UInt32 {
        let address = arrayValue(index: index, lane: 0)
        return address == 0 ? 0 : memory.loadAcquire32(address)
    }

    /// What the host puts into a slot that the array has; 0 empties it.
    package func storeNumber(_ number: UInt32, at index: UInt32) {
        let address = arrayValue(index: index, lane: 0)
        precondition(address != 0 && !user.isProgram, "the host fills slots that are there")
        memory.storeRelease32(address, number)
    }
}

/// Maps in maps: an element is one more than the place of a map among the cell's, so what was said above holds here.
extension Map {
    /// What the host puts under a key of four bytes in a hash of maps.
    package func storeMapNumber(_ number: UInt32, forKey key: UInt32) {
        // A full or corrupt map keeps what it has: the cell's own doing, and its own loss.
        // SAFETY (both): the bytes of an integer that lives through the call.
        _ = unsafe try? withUnsafeBytes(of: key) { (key) throws(MapAccessError) in
            unsafe try withUnsafeBytes(of: number) { (number) throws(MapAccessError) in
                unsafe try setValue(RawSpan(_unsafeBytes: number), forKey: RawSpan(_unsafeBytes: key))
            }
        }
    }
}

/// Locks in values (`struct bpf_spin_lock`).
extension Map {
    /// Gives back the locks that a dead cell holds.
    package func unlockValues(ofDead identity: UInt64, at offset: UInt32) {
        guard offset % 4 == 0, offset <= descriptor.valueSize, descriptor.valueSize &- offset >= 4 else { return }
        for lane in 0..<descriptor.laneCount {
            for index in 0..<descriptor.valueCount {
                let value =
                    descriptor.valuesStart &+ UInt64(lane) &* descriptor.laneStride &+ UInt64(index)
                    &* UInt64(descriptor.valueStride)
                _ = memory.compareExchange32(
                    value &+ UInt64(offset), expected: UInt32(truncatingIfNeeded: identity), desired: 0)
            }
        }
    }
}
