internal import Bytecode
internal import Prototypes

/// Helpers that programs are offered without the image having them: calls of them become other code before the code is written to a cell.
package enum HelperLowering {
    /// Helpers whose calls become functions or single instructions.
    package static let helpers: Set<UInt32> = {
        let own = [
            CallbackFunctions.loopHelper, CallbackFunctions.forEachHelper, invalidateHash, redirectNeighbour,
            redirectPeer, fullSocket, jiffies,
        ]
        return Set(own + answers.map(\.helper) + WindowsNumbers.own.filter { HelperPrototype.refusal($0) == nil })
    }()

    /// - Parameters:
    ///   - code: programs, one behind the other.
    ///   - memory: where their events have a process's memory (``EventShape/memory``).
    /// - Returns: what cells run; whether how long it runs depends on more than the verifier has counted; and whether it reads that memory.
    static func lower(
        _ code: [Instruction], memory: UInt32? = nil
    ) -> (code: [Instruction], isUncounted: Bool, readsMemory: Bool) {
        var lowered = AppendedCode(code)
        CallbackFunctions.lower(&lowered)
        var isUncounted = MemoryFunctions.lower(&lowered)
        let readsMemory = memory.map { MemoryReaders.lower(&lowered, place: $0) } ?? false
        if readsMemory { isUncounted = true }
        for (helper, answer) in answers {
            lowered.replace(helper: helper, by: Instruction(.mov64Immediate, immediate: answer))
        }
        lowered.replace(helper: fullSocket, by: Instruction(.mov64Register, source: 1))
        let functions: [(UInt32, (inout AppendedCode) -> Void)] = [
            (WindowsNumbers.Helper.ktimeGetBootMilliseconds.rawValue, { milliseconds(.ktimeGetBootNanoseconds, &$0) }),
            (WindowsNumbers.Helper.ktimeGetMilliseconds.rawValue, { milliseconds(.ktimeGetNanoseconds, &$0) }),
            (jiffies, ticks), (invalidateHash, forgetHash), (redirectNeighbour, redirectToNeighbour),
            (redirectPeer, redirectToPeer),
        ]
        for (helper, append) in functions where lowered.replace(helper: helper, by: append) { isUncounted = true }
        return (lowered.code, isUncounted, readsMemory)
    }

    /// Helpers whose answer is the same for every event, since a packet here belongs to no socket, and no socket is to be found
    /// (net/core/filter.c says what Linux answers then).
    private static let answers: [(helper: UInt32, answer: Int64)] = [
        // The classes of net_cls: of the task, of the packet's socket; the realm of a route.
        (17, 0), (151, 0), (24, 0),
        // -ENOTSUPP: no sum of the whole packet is kept.
        (40, -524),
        // The overflow user (net.core's default), the cgroup of no socket and what is above it.
        (47, 65534), (79, 0), (83, 0),
        // Look-ups, with what could be asked of what they found.
        (84, 0), (85, 0), (99, 0), (86, 0), (96, 0), (98, 0),
        // Nothing was given when the program was attached.
        (174, 0),
    ]

    /// A socket that a context points to is a full one.
    private static let fullSocket: UInt32 = 95
    private static let jiffies: UInt32 = 118
    private static let invalidateHash: UInt32 = 41
    private static let redirectNeighbour: UInt32 = 152
    private static let redirectPeer: UInt32 = 155
    /// TC_ACT_SHOT.
    private static let shot: Int64 = 2

    private static func milliseconds(_ clock: Helper, _ code: inout AppendedCode) {
        code.call(clock)
        code.put(.div64Immediate, 0, immediate: 1_000_000)
        code.exit()
    }

    /// bpf_jiffies64: those that a kernel with CONFIG_HZ=250, which most distributions have, would have counted by the event's time.
    private static func ticks(_ code: inout AppendedCode) {
        code.call(.ktimeGetNanoseconds)
        code.put(.div64Immediate, 0, immediate: 1_000_000_000 / 250)
        // INITIAL_JIFFIES (include/linux/jiffies.h), without a sign: the lower half wraps five minutes after the start.
        code.put(.mov32Immediate, 1, immediate: -300 * 250)
        code.put(.add64Register, 0, 1)
        code.exit()
    }

    /// bpf_set_hash_invalid: nothing is stored, by the helper that forgets the hash if it is told to (BPF_F_INVALIDATE_HASH).
    private static func forgetHash(_ code: inout AppendedCode) {
        for register: UInt8 in 2...4 { code.set(register, to: 0) }
        code.set(5, to: 2)
        code.call(.skbStoreBytes)
        code.exit()
    }

    /// bpf_redirect_neigh: which neighbour it is, the device would find out.
    private static func redirectToNeighbour(_ code: inout AppendedCode) {
        code.set(0, to: shot)
        let hasFlags = code.jump(.jumpNotEqual64Immediate, 4)
        let hasNone = code.jump(.jumpEqual64Immediate, 3)
        // sizeof(struct bpf_redir_neigh).
        let isTooShort = code.jump(.jumpLess64Immediate, 3, immediate: 20)
        code.land(hasNone)
        code.set(2, to: 0)
        code.call(.redirect)
        code.land(hasFlags, isTooShort)
        code.exit()
    }

    /// bpf_redirect_peer.
    private static func redirectToPeer(_ code: inout AppendedCode) {
        code.set(0, to: shot)
        let hasFlags = code.jump(.jumpNotEqual64Immediate, 2)
        code.call(.redirect)
        code.land(hasFlags)
        code.exit()
    }
}
