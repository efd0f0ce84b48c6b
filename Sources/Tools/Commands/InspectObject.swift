internal import Enclosure
internal import Sandbox

/// How `inspect` and `disassemble` get at an object: in a jail, like everybody.
enum InspectObject {
    /// The object, or a failure that names the file.
    static func load(_ path: String) throws(Failure) -> LoadedObject {
        let jail: Jail
        do throws(EnclosureError) { jail = try Jail() } catch {
            throw Failure(
                .internalError, "ringfence-jail", "the jail that reads objects did not start: \(error)",
                remedy: "keep ringfence-jail beside ringfence, and run: ringfence doctor")
        }
        do throws(SandboxError) {
            return try ObjectLoader.load(path: path, in: jail)
        } catch {
            switch error {
            case .enclosure(.objectRefused(let sentence)): throw Failure(.badInput, path, sentence)
            case .file(_, let reason): throw Failure(.badInput, path, "cannot be read: \(reason)")
            case .enclosure(.admissionDied(let status)):
                throw Failure(
                    .badInput, path, "reading it killed the jail (wait status \(status)); the object is damaged or hostile")
            case .package(let reason):
                throw Failure(
                    .badInput, path, "what the jail made of it does not hold together: \(reason)",
                    remedy: "treat the object as hostile")
            case .enclosure, .noSuchProgram, .ambiguousProgram, .decode, .facts, .unsupportedSection, .map, .mapAccess,
                .mapsTooLarge, .noSuchMap, .geometry, .region, .denied, .system, .quarantined:
                throw Failure(.internalError, path, "\(error)")
            }
        }
    }
}
