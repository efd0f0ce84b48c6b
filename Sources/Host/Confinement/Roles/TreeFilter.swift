internal import CLinux

extension Filter {
    /// A supervised tree: everything is allowed but what its hooks are to be asked about, and the ways around them.
    ///
    /// Other conventions of calling (32-bit `int 0x80`, x32) end the process, as with every filter here. Processes keep the filter over `fork` and
    /// `exec`, and can add filters of their own, which refuse more and never less (seccomp(2): of several answers the strictest counts, and
    /// to ask is stricter than to allow).
    ///
    /// - Parameters:
    ///   - asked: rows that notify.
    ///   - isTraced: whether processes are stopped as they begin, so that none may be made without.
    package static func tree(asking asked: [SystemCallRule], isTraced: Bool = false) -> Filter {
        Filter(name: "tree", rules: asked + waysAround + (isTraced ? waysAroundTracing : []), defaultAction: .allow)
    }

    /// The same where every call of some numbers is told of: what this filter says of those is then for who is told to do.
    ///
    /// - Parameter watched: rows that notify.
    package func telling(of watched: [SystemCallRule]) -> (filter: Filter, left: Filter) {
        let numbers = Set(watched.map(\.call.number))
        let own = rules.filter { !numbers.contains($0.call.number) }
        let left = rules.filter { numbers.contains($0.call.number) }
        return (
            Filter(name: name, rules: watched + own, defaultAction: defaultAction),
            Filter(name: name, rules: left, defaultAction: defaultAction)
        )
    }

    /// Why nobody would hear of a call, whatever its arguments: it is refused before.
    package func refusal(of call: SystemCall) -> String? {
        rules.lazy.compactMap { rule in
            guard rule.call.number == call.number, rule.conditions.isEmpty, case .refuse = rule.action else {
                return nil
            }
            return rule.reason
        }.first
    }

    private static let waysAroundTracing: [SystemCallRule] = [
        .refuse(
            .clone, .argument(0, has: 0x80_0000), errno: CONFINEMENT_EPERM,
            reason: "CLONE_UNTRACED makes a process that no hook hears of")
    ]

    private static let waysAround: [SystemCallRule] =
        [SystemCall.ioUringSetup, .ioUringEnter, .ioUringRegister].map {
            .refuse($0, errno: CONFINEMENT_EPERM, reason: "a ring connects and sends where no hook sees it")
        }
        + Self.families.map { family, reason in
            .refuse(.socket, .argument(0, low32: family), errno: CONFINEMENT_EAFNOSUPPORT, reason: reason)
        }
        + [
            .refuse(
                .clone3, errno: CONFINEMENT_ENOSYS,
                reason: "its flags are in memory, where a filter cannot look; C libraries then use clone"),
            // A call about a socket that no hook judges goes on as it was made, which is sound if its descriptor still means the same socket:
            // if nobody else can put another in its place meanwhile. Who shares descriptors is then known from the number of threads.
            SystemCallRule(
                call: .clone,
                conditions: [
                    ArgumentCondition(
                        index: 0, comparison: .masked(mask: sharesFiles | isThread, equals: sharesFiles))
                ],
                action: .refuse(errno: CONFINEMENT_EPERM),
                reason: "two processes with one table of descriptors: one could swap what the other's call is about"),
        ]

    private static let sharesFiles: UInt64 = 0x400  // CLONE_FILES
    private static let isThread = CONFINEMENT_CLONE_THREAD

    /// Families whose sockets speak IP under another name, so that an address in their calls is none that a hook would know.
    private static let families: [(UInt32, String)] = [
        (21, "AF_RDS runs over TCP that no hook sees"), (30, "AF_TIPC may run over UDP that no hook sees"),
        (33, "AF_RXRPC runs over UDP that no hook sees"), (41, "AF_KCM sends on sockets of others"),
        (43, "AF_SMC falls back to TCP that no hook sees"),
    ]
}
