internal import CLinux

/// A resource that the kernel limits per process; raw values from asm-generic/resource.h.
package enum Resource: Int32, CaseIterable, Hashable, Sendable {
    case cpuSeconds = 0
    case fileSize = 1
    case coreSize = 4
    case processes = 6
    case openFiles = 7
    case lockedMemory = 8
    case addressSpace = 9
}

/// Limits to set, soft and hard alike, so that none can be raised again.
package struct ResourceLimits: Equatable, Sendable {
    package struct Limit: Equatable, Sendable {
        package let resource: Resource
        package let value: UInt64
    }

    package private(set) var limits: [Limit] = []

    package init() {}

    package func with(_ resource: Resource, _ value: UInt64) -> Self {
        var copy = self
        copy.limits.removeAll { $0.resource == resource }
        copy.limits.append(Limit(resource: resource, value: value))
        return copy
    }

    func apply() throws(ConfinementError) {
        for limit in limits {
            let status = confinement_set_limit(limit.resource.rawValue, limit.value)
            if status < 0 { throw .refused(step: .limitResources, errno: Int32(-status)) }
        }
    }
}
