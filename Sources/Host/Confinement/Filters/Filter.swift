/// A seccomp filter as data: rows, and what happens to everything else.
package struct Filter: Equatable, Sendable {
    package let name: String
    package let rules: [SystemCallRule]
    /// For calls that no row speaks about.
    package let defaultAction: FilterAction

    package init(name: String, rules: [SystemCallRule], defaultAction: FilterAction) {
        self.name = name
        self.rules = rules
        self.defaultAction = defaultAction
    }

    /// What the rows say of a call. The kernel's own answer is held against this one in tests.
    package func decision(number: UInt32, arguments: [UInt64]) -> FilterAction {
        rules.first { $0.matches(number: number, arguments: arguments) }?.action ?? defaultAction
    }
}

/// Why a table could not become a filter.
package enum FilterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A libseccomp function failed with this errno, at this row if it has one.
    case library(function: String, errno: Int32, row: Int?)
    /// The compiled program could not be taken out of libseccomp.
    case export(errno: Int32)
    /// The compiled program is not a whole number of instructions, or more than the kernel takes (BPF_MAXINSNS).
    case length(bytes: Int)

    package var description: String {
        switch self {
        case .library(let function, let errno, let row?): "\(function) failed with errno \(errno) at row \(row)"
        case .library(let function, let errno, nil): "\(function) failed with errno \(errno)"
        case .export(let errno): "the compiled filter could not be read back: errno \(errno)"
        case .length(let bytes): "the compiled filter has \(bytes) bytes; it must be whole instructions, at most 4096"
        }
    }
}
