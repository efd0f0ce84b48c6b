internal import CLinux

extension Filter {
    /// The spawner: one thread that forks monitors and admission jails, and never executes another program.
    ///
    /// What it forks inherits this filter and adds its own, so nothing that a monitor's setting-up needs may be
    /// refused here.
    package static let spawner = Filter(
        name: "spawner",
        rules: ExecutableMemoryRules.rows + KernelSurfaceRules.rows + [
            .refuse(
                .socket, errno: CONFINEMENT_EPERM,
                reason: "it talks over the socket it was given, and its children over theirs")
        ],
        defaultAction: .allow)
}
