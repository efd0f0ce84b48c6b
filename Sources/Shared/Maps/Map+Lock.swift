import Channel

/// The lock that the writers of a hash take. Readers do not.
///
/// A cell may die with the lock held, at any instruction. Nobody waits for it beyond their patience; the host,
/// which knows which cells are dead, breaks the lock by naming its holder, and repairs the map before giving it
/// back.
extension Map {
    /// Who claims to hold the lock; 0 for nobody. The cell can write this word: it is a claim.
    package var lockHolder: UInt64 { memory.loadAcquire64(descriptor.storageStart &+ HashHeader.lock) }

    func lock() throws(MapAccessError) {
        let word = descriptor.storageStart &+ HashHeader.lock
        var patience = user.patience
        while true {
            let holder = memory.compareExchange64(word, expected: 0, desired: user.identity)
            guard holder != 0 else { return }
            repeat {
                guard patience > 0 else { throw .busy(holder: holder) }
                patience &-= 1
                pause()
            } while memory.loadRelaxed64(word) != 0
        }
    }

    func unlock() {
        let word = descriptor.storageStart &+ HashHeader.lock
        // Not a plain store: whoever broke this lock in the meantime keeps it.
        _ = memory.compareExchange64(word, expected: user.identity, desired: 0)
    }
}
