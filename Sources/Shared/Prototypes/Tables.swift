extension HelperPrototype {
    /// Indexed by id; where Linux has no such number, the row says id 0.
    package static let all: [HelperPrototype] = []
}

extension ProgramDescriptor {
    package static let all: [ProgramDescriptor] = []

    /// The type that a section name claims, by libbpf's rules ("xdp", "tc", "cgroup/connect4", …).
    package static func row(section: String) -> ProgramDescriptor? { nil }
}
