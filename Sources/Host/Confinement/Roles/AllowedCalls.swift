/// How many system calls a role has left.
package enum AllowedCalls: Equatable, Sendable {
    /// These, and of some only with certain arguments; every other call is death.
    case only(Int)
    /// All but these, of some only with certain arguments.
    case allBut(Int)

    init(_ filter: Filter) {
        let calls = Set(filter.rules.map(\.call)).count
        self =
            switch filter.defaultAction {
            case .allow: .allBut(calls)
            case .refuse, .kill, .notify: .only(calls)
            }
    }
}

extension Role {
    /// The calls of its table. Which descriptors and words the rows name is the process's own, and makes no difference.
    package var allowedCalls: AllowedCalls {
        switch self {
        case .broker: AllowedCalls(.broker)
        case .spawner: AllowedCalls(.spawner)
        case .monitor: AllowedCalls(.monitor(MonitorDescriptors(processor: 0)))
        case .admission: AllowedCalls(.admission(AdmissionDescriptors(input: [0], output: [1])))
        case .childSpawner: AllowedCalls(.childSpawner(codeRange: 0..<1))
        case .supervisor: AllowedCalls(.supervisor(SupervisorDescriptors(channel: 0, listener: 1, command: 3)))
        case .child: AllowedCalls(.child(ChildWords(wakeGeneration: 0, order: 4, wakeCounter: 8)))
        }
    }
}
