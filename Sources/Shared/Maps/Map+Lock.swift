package import Channel

/// The lock that the writers of a hash take. Readers do not.
///
/// A cell may die with the lock held, at any instruction. Nobody waits for it beyond their patience (``EventPatience``); the host,
/// which knows which cells are dead, breaks the lock by naming its holder, and repairs the map before giving it
/// back.
extension Map {
    /// Who claims to hold the lock; 0 for nobody. The cell can write this word: it is a claim.
    package var lockHolder: UInt64 { memory.loadAcquire64(descriptor.storageStart &+ HashHeader.lock) }

    func lock() throws(MapAccessError) {
        let word = descriptor.storageStart &+ HashHeader.lock
        var looks: UInt32 = 0
        while true {
            let holder = memory.compareExchange64(word, expected: 0, desired: user.identity)
            guard holder != 0 else { return }
            repeat {
                looks = EventPatience.look(after: looks, of: user.patience, memory)
                guard looks > 0 else { throw .busy(holder: holder) }
            } while memory.loadRelaxed64(word) != 0
        }
    }

    func unlock() {
        let word = descriptor.storageStart &+ HashHeader.lock
        // Not a plain store: whoever broke this lock in the meantime keeps it.
        _ = memory.compareExchange64(word, expected: user.identity, desired: 0)
    }
}

/// How long an event waits for locks that others hold, in looks at them: there is no clock in a cell.
///
/// Whoever holds one may be without a processor for as long as the host's scheduler gives it to others, some milliseconds each: a wait that
/// is shorter fails where nothing is wrong. It may also be dead, or hostile, and never give the lock back. So an event has so many looks in
/// all, whatever it waits for and however often: that costs it once, well before its deadline, and from then on only the first looks
/// of each wait. Those are not counted, or a program whose operations meet those of others often would use up in the ordinary course
/// of things what is there for a bad day.
package enum EventPatience {
    /// A look takes from 20 to 50 ns: 40 to 100 ms of a processor, where a deadline is a second.
    package static var looks: UInt32 { 1 << 21 }
    /// Of each wait, before it counts.
    private static var first: UInt32 { 64 }

    /// Waits a little before the next look at a lock.
    ///
    /// Not inlined: for all who wait the image has room once.
    /// - Parameters:
    ///   - looks: how many there were.
    ///   - patience: ``MapUser/patience``.
    /// - Returns: how many there will have been, or 0 if there may be no other.
    @_optimize(size) @inline(never)
    package static func look(after looks: UInt32, of patience: UInt32, _ memory: CellMemory) -> UInt32 {
        if patience != 0 {
            if looks >= patience { return 0 }
        } else if looks >= first {
            let left = memory.load32(RunWords.patience)
            if left == 0 { return 0 }
            memory.store32(RunWords.patience, left &- 1)
        }
        pause()
        return looks &+ 1
    }
}
