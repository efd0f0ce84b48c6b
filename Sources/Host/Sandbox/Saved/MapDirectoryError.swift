package import ProgramPackage

/// Why a directory of maps cannot be used as asked.
package enum MapDirectoryError: Error, Equatable, Sendable {
    /// Somebody else works in it, and did not come to an end.
    case busy(milliseconds: Int)
    /// A sandbox that runs has the map, or one whose cells are not gone yet.
    case inUse(map: String)
    /// A map of that name is there, and is not what the object defines.
    case differs(map: String, field: String, saved: UInt64, wanted: UInt64)
    /// What says which maps there are does not hold together.
    case manifest(PackageError)
    case types(ValueTypeError)
    /// The storage of a map does not lie where it can be used.
    case misplaced(map: String, offset: UInt64, size: UInt64, fileSize: UInt64)
    case overlap(map: String, other: String)
    /// A file of maps is larger than all maps of a cell may be.
    case tooLarge(bytes: UInt64, limit: UInt64)
    case exists(map: String)
    case tooMany(limit: Int)
    /// The values of a map are constants of the object.
    case constant(map: String)
    /// What a map holds is told by references, which only a run has.
    case references(map: String)
}

extension MapDirectoryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .busy(let milliseconds): "somebody else works in the directory, for more than \(milliseconds) ms"
        case .inUse(let map): "map \(map) is in use: a sandbox with it runs"
        case .differs(let map, let field, let saved, let wanted):
            "map \(map) is there with \(field) \(saved), and the object defines it with \(wanted)"
        case .manifest(let error): "its manifest does not hold together: \(error)"
        case .types(let error): "its manifest does not hold together: \(error)"
        case .misplaced(let map, let offset, let size, let fileSize):
            "map \(map) is said to have \(size) bytes at \(offset) of a file that has \(fileSize)"
        case .overlap(let map, let other): "maps \(map) and \(other) are said to lie in the same place"
        case .tooLarge(let bytes, let limit): "a file of maps has \(bytes) bytes; the limit is \(limit)"
        case .exists(let map): "there is a map \(map) already"
        case .tooMany(let limit): "there are \(limit) maps already, and no more are kept together"
        case .constant(let map): "map \(map) holds constants of the object, which nobody changes"
        case .references(let map): "map \(map) holds references, which only a run puts there"
        }
    }

    package var remedy: String? {
        switch self {
        case .busy, .inUse: "wait until it has ended"
        case .differs: "remove the map (ringfence map remove), or use another directory"
        case .manifest, .types, .misplaced, .overlap, .tooLarge: "the directory is damaged; use another"
        case .exists: "choose another name, or remove it (ringfence map remove)"
        case .tooMany: "use another directory"
        case .constant, .references: nil
        }
    }
}
