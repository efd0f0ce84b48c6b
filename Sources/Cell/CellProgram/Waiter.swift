internal import CChannel
internal import Channel

/// Polls for the next event, and parks when polling has cost as much as a wake would.
struct Waiter {
    let memory: CellMemory
    let spinBudget: UInt32
    /// The last ``HostWords/parkEpoch`` that this cell rang for: the host is woken once per sleep. It starts at 0 and not at what the
    /// host's word says: a host that went to sleep before this cell ran waits for its first verdict.
    private var answeredEpoch: UInt32 = 0

    init(memory: CellMemory, spinBudget: UInt32) {
        self.memory = memory
        self.spinBudget = spinBudget
    }

    /// Returns once the slot at `slot` holds event `sequence`.
    @inline(__always) func wait(untilSlot slot: UInt64, holds sequence: UInt32) {
        // The first polls come back to back: `pause` costs as much as the hand-over of a cache line.
        var eager: UInt32 = 0
        while eager < 2048 {
            if memory.loadAcquire32(slot &+ EventSlot.sequence) == sequence { return }
            eager &+= 1
        }
        waitPatiently(slot, sequence)
    }

    @inline(never) private func waitPatiently(_ slot: UInt64, _ sequence: UInt32) {
        while true {
            var polls: UInt32 = 0
            while polls < spinBudget {
                if memory.loadAcquire32(slot &+ EventSlot.sequence) == sequence { return }
                pause()
                polls &+= 1
            }
            // The order matters: the generation is read before the flag is raised and the slot looked at again. A host that
            // publishes after this look sees the flag and raises the generation, and the doorbell returns at once.
            let generation = memory.loadAcquire32(HostWords.wakeGeneration)
            memory.storeRelaxed32(CellWords.parked, 1)
            fence()
            if memory.loadAcquire32(slot &+ EventSlot.sequence) != sequence {
                cchannel_ring(Doorbell.park, generation)
            }
            memory.storeRelaxed32(CellWords.parked, 0)
            if memory.loadAcquire32(slot &+ EventSlot.sequence) == sequence { return }
        }
    }

    /// Rings once for each time that the host went to sleep. The fence orders the verdict before the look at the epoch.
    @inline(__always) mutating func wakeHostIfItSleeps() {
        fence()
        let epoch = memory.loadRelaxed32(HostWords.parkEpoch)
        if epoch != answeredEpoch {
            answeredEpoch = epoch
            cchannel_ring(Doorbell.wakeHost, epoch)
        }
    }
}
