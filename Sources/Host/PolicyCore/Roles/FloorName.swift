/// What has a version that may only rise on a host: `root`, `revoke`, `host`, `base/<id>` or `sup/<id>`.
package enum FloorName: Hashable, Sendable {
    case root
    case base(String)
    case supplemental(String)
    case revoke
    case host

    package init?(text: String) {
        switch text {
        case "root": self = .root
        case "revoke": self = .revoke
        case "host": self = .host
        case _:
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, Self.isIdentifier(parts[1]) else { return nil }
            switch parts[0] {
            case "base": self = .base(String(parts[1]))
            case "sup": self = .supplemental(String(parts[1]))
            case _: return nil
            }
        }
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                case _: false
                }
            }
    }
}

extension FloorName: CustomStringConvertible {
    package var description: String {
        switch self {
        case .root: "root"
        case .base(let id): "base/\(id)"
        case .supplemental(let id): "sup/\(id)"
        case .revoke: "revoke"
        case .host: "host"
        }
    }
}

extension FloorName: Comparable {
    package static func < (left: FloorName, right: FloorName) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
