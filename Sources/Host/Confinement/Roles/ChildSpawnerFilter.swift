internal import CLinux

extension Filter {
    /// The spawner of children: one thread that forks, and never executes another program.
    ///
    /// A child maps its cell's code executable, and what its parent's filter refuses it could not do either.
    package static func childSpawner(codeRange: Range<UInt64>) -> Filter {
        Filter(
            name: "child spawner",
            rules: ExecutableMemoryRules.rows(mappingCodeIn: codeRange) + KernelSurfaceRules.rows + [
                .refuse(
                    .socket, errno: CONFINEMENT_EPERM,
                    reason: "it talks over the socket it was given, and its children over theirs")
            ],
            defaultAction: .allow)
    }
}
