/// What a process is for; its table of rules and its steps follow from it.
package enum Role: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    /// Runs a sandbox: plumbing, files, sockets.
    case broker = 1
    /// Forks monitors and admission jails.
    case spawner
    /// Runs one cell's virtual CPU.
    case monitor
    /// Parses one object file.
    case admission
    /// Forks children.
    case childSpawner
    /// Is one cell: the image runs in it.
    case child
    /// Carries system calls out for the processes of a supervised tree.
    case supervisor

    package var description: String {
        switch self {
        case .broker: "broker"
        case .spawner: "spawner"
        case .monitor: "monitor"
        case .admission: "admission"
        case .childSpawner: "child spawner"
        case .child: "child"
        case .supervisor: "supervisor"
        }
    }

    /// Steps without which the role does not start. Of the rest, the report says what came of them.
    ///
    /// Namespaces depend on a setting that distributions ship either way, the bounding set on a privilege, and the
    /// speculation requests on the CPU; each adds depth to something a required step already holds.
    package var required: Set<ConfinementStep> {
        let always: Set<ConfinementStep> = [
            .singleThread, .closeDescriptors, .noNewPrivileges, .landlock, .capabilities, .notDumpable,
            .denyWriteExecute, .mappingAudit, .filter,
        ]
        return switch self {
        case .broker: always
        case .spawner, .monitor, .admission, .childSpawner, .child:
            always.union([.clearEnvironment, .limitResources, .dieWithParent])
        // A process under Landlock can neither read the memory of one that is not, nor take its descriptors.
        case .supervisor: always.subtracting([.landlock]).union([.clearEnvironment, .limitResources, .dieWithParent])
        }
    }
}

extension Role {
    /// Steps that need everything the process will work on to be there already.
    var late: [ConfinementStep] {
        switch self {
        case .broker, .spawner, .monitor, .admission, .childSpawner, .supervisor:
            [.closeDescriptors, .limitResources, .filter]
        // What is executable in a child is its cell's, and that comes last.
        case .child: [.closeDescriptors, .mappingAudit, .limitResources, .filter]
        }
    }
}
