/// One comparison of one argument of a system call.
///
/// seccomp compares all 64 bits of the register, while the kernel may use only the low 32 of them. In a rule that
/// *allows*, `equals` is therefore the strict choice; in a rule that *refuses*, it could be stepped around by
/// setting a bit that the kernel ignores, so refusals use `has` or `low32`.
package struct ArgumentCondition: Equatable, Sendable {
    package enum Comparison: Equatable, Sendable {
        /// All 64 bits are this value.
        case equals(UInt64)
        /// The bits under the mask are this value.
        case masked(mask: UInt64, equals: UInt64)
        /// Any value but this one.
        case differs(from: UInt64)
        case below(UInt64)
        case atLeast(UInt64)
    }

    /// Which argument, from 0.
    package let index: UInt32
    package let comparison: Comparison

    package static func argument(_ index: UInt32, equals value: UInt64) -> Self {
        Self(index: index, comparison: .equals(value))
    }

    /// The descriptor argument is exactly this descriptor.
    package static func argument(_ index: UInt32, isDescriptor descriptor: Int32) -> Self {
        precondition(descriptor >= 0, "a file descriptor is not negative")
        return Self(index: index, comparison: .equals(UInt64(UInt32(bitPattern: descriptor))))
    }

    package static func argument(_ index: UInt32, has bits: UInt64) -> Self {
        Self(index: index, comparison: .masked(mask: bits, equals: bits))
    }

    package static func argument(_ index: UInt32, lacks bits: UInt64) -> Self {
        Self(index: index, comparison: .masked(mask: bits, equals: 0))
    }

    package static func argument(_ index: UInt32, low32 value: UInt32) -> Self {
        Self(index: index, comparison: .masked(mask: 0xffff_ffff, equals: UInt64(value)))
    }

    package static func argument(_ index: UInt32, differsFrom value: UInt64) -> Self {
        Self(index: index, comparison: .differs(from: value))
    }

    package static func argument(_ index: UInt32, below limit: UInt64) -> Self {
        Self(index: index, comparison: .below(limit))
    }

    package static func argument(_ index: UInt32, atLeast least: UInt64) -> Self {
        Self(index: index, comparison: .atLeast(least))
    }

    package func holds(for value: UInt64) -> Bool {
        switch comparison {
        case .equals(let expected): value == expected
        case .masked(let mask, let expected): value & mask == expected
        case .differs(let other): value != other
        case .below(let limit): value < limit
        case .atLeast(let least): value >= least
        }
    }
}

/// What becomes of a system call.
package enum FilterAction: Equatable, Hashable, Sendable {
    case allow
    /// The call does not happen and answers with this errno.
    case refuse(errno: Int32)
    /// The process dies of SIGSYS, all threads of it.
    case kill
    /// The thread waits until whoever holds the filter's listener has answered the call.
    case notify
}

/// One row of a role's table: a call, what its arguments must be, what then happens, and why the row exists.
package struct SystemCallRule: Equatable, Sendable {
    package let call: SystemCall
    package let conditions: [ArgumentCondition]
    package let action: FilterAction
    package let reason: String

    package static func allow(_ call: SystemCall, _ conditions: ArgumentCondition..., reason: String) -> Self {
        Self(call: call, conditions: conditions, action: .allow, reason: reason)
    }

    package static func refuse(
        _ call: SystemCall, _ conditions: ArgumentCondition..., errno: Int32, reason: String,
    ) -> Self {
        Self(call: call, conditions: conditions, action: .refuse(errno: errno), reason: reason)
    }

    package static func notify(_ call: SystemCall, _ conditions: ArgumentCondition..., reason: String) -> Self {
        Self(call: call, conditions: conditions, action: .notify, reason: reason)
    }

    /// Whether this row speaks about a call with these six arguments.
    package func matches(number: UInt32, arguments: [UInt64]) -> Bool {
        call.number == number && conditions.allSatisfy { $0.holds(for: arguments[Int($0.index)]) }
    }
}
