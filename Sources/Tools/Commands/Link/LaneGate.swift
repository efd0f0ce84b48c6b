internal import Hooks
internal import Linux
internal import Synchronization

/// Where the threads of a link's other lanes wait while the first changes what they decide by, and where they say that they have ended.
final class LaneGate: Sendable {
    private let isClosed = Atomic<Bool>(false)
    private let over = Atomic<Bool>(false)
    private let waiting = Atomic<Int>(0)
    private let running: Atomic<Int>
    private let problem = Guarded<LinkError?>(nil)

    /// - Parameter others: how many lanes there are beside the first.
    init(others: Int) { running = Atomic(others) }

    /// The lanes are to end.
    var isOver: Bool { over.load(ordering: .relaxed) }

    /// Why a lane ended that was not told to.
    var failure: LinkError? { problem.withLock { $0 } }

    // MARK: The others

    /// Between two packets: waits while the gate is closed.
    func pass() {
        guard isClosed.load(ordering: .acquiring) else { return }
        _ = waiting.add(1, ordering: .acquiringAndReleasing)
        while isClosed.load(ordering: .acquiring) { yieldProcessor() }
        _ = waiting.subtract(1, ordering: .acquiringAndReleasing)
    }

    func end(_ failure: LinkError?) {
        if let failure { problem.withLock { $0 = $0 ?? failure } }
        _ = running.subtract(1, ordering: .acquiringAndReleasing)
    }

    // MARK: The first

    /// From here on no other lane is at work. None has a packet under way then; what comes in stays in the rings.
    func stop() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        while waiting.load(ordering: .acquiring) < running.load(ordering: .acquiring) { yieldProcessor() }
    }

    func goOn() {
        isClosed.store(false, ordering: .releasing)
        // Whoever is still counted would be taken for waiting the next time.
        while waiting.load(ordering: .acquiring) > 0 { yieldProcessor() }
    }

    /// Ends the lanes, and waits until each has.
    func close() {
        over.store(true, ordering: .relaxed)
        while running.load(ordering: .acquiring) > 0 { yieldProcessor() }
    }
}
