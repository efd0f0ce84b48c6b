extension ProgramDescriptor {
    /// Ascending by subject, not by type; rows of one type differ in what they are attached to.
    package static let all: [ProgramDescriptor] = network + control + tracing + windows

    /// The type that a section name claims, by libbpf's rules ("xdp", "tc", "cgroup/connect4", …); nil where libbpf
    /// would ask the caller for the type.
    package static func row(section: String) -> ProgramDescriptor? {
        all.first { row in row.sections.contains { matches(section, rule: "\($0)") } }
    }

    private static func matches(_ section: String, rule: String) -> Bool {
        if rule.hasSuffix("+") {
            let name = rule.dropLast()
            return section == name || section.hasPrefix(name + "/")
        }
        return rule.hasSuffix("/") ? section.hasPrefix(rule) : section == rule
    }

    /// The first row of a type: what it may do where nothing is known of what it is attached to.
    package static func row(type: UInt32) -> ProgramDescriptor? { all.first { $0.linuxType == type } }
}
