extension Filter {
    /// The broker: does the plumbing of a running sandbox, with files, sockets and threads of its own.
    ///
    /// Its filter refuses what no broker needs and allows the rest; what holds its files is Landlock. Everything
    /// hostile that it reads is parsed elsewhere or copied first, so the filter's work is to keep a mistake from
    /// becoming code.
    package static let broker = Filter(
        name: "broker", rules: ExecutableMemoryRules.rows + KernelSurfaceRules.rows, defaultAction: .allow)
}
