package import Linux

/// Why a link cannot be, or cannot go on.
package enum LinkError: Error, Equatable, Sendable {
    case attach(interface: String, SystemError)
    case sameInterface(String)
    /// An interface went down or away.
    case lost(SystemError)
    /// It was taken back that the program may decide.
    case forbidden(String)
    /// Whoever decides cannot any more.
    case undecided(String)
}

extension LinkError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .attach(let interface, let error): "\(interface): \(error)"
        case .sameInterface(let interface): "\(interface): named twice; a link leads from one interface to others"
        case .lost(let error): "an interface of the link went down or away: \(error)"
        case .forbidden(let reason), .undecided(let reason): reason
        }
    }
}
