internal import CommandSupport
internal import FoundationEssentials
internal import Linux
internal import PolicyCore
internal import ProgramPackage
internal import Sandbox
internal import ServiceAPI

/// A pin as the state directory has it: all that is needed to have the program again.
struct SavedPin: Codable, Equatable {
    var order: LoadOrder
    var owner: UInt32
    /// The directory of its maps.
    var maps: String
}

/// What outlives the service.
///
/// | file | what |
/// |---|---|
/// | `objects/SHA256.o` | objects, as they were handed in |
/// | `maps/N` | the maps of one program (``MapDirectory``) |
/// | `pins.json` | which programs are pinned; replaced as a whole, so that a crash leaves the one before or the one after |
struct ServiceState: Sendable {
    let path: String

    private struct Pins: Codable { var pins: [String: SavedPin] }

    /// Makes what is not there, while that can be done anywhere.
    func prepare() throws(Failure) {
        for folder in [path, "\(path)/objects", "\(path)/maps"] {
            do throws(SystemError) { try Directory.make(folder) } catch { throw .file(folder, "\(error)") }
        }
    }

    func path(ofObject digest: String) -> String { "\(path)/objects/\(digest).o" }

    /// Keeps an object under its digest.
    func keep(_ object: [UInt8]) throws(ServiceProblem) -> String {
        let digest = "\(ContentDigest(sha256Of: object))"
        let place = path(ofObject: digest)
        guard !Files.exists(place) else { return digest }
        do throws(Failure) { try Files.replace(place, with: object) } catch {
            throw ServiceProblem(.internalError, "the object cannot be kept: \(error.problem)")
        }
        return digest
    }

    func removeObject(_ digest: String) { try? FileManager.default.removeItem(atPath: path(ofObject: digest)) }

    /// The directory of that name, or a new one.
    func mapDirectory(_ name: String?) throws(ServiceProblem) -> (MapDirectory, String) {
        let name = name ?? String(UInt64.random(in: 0 ... .max), radix: 36)
        let place = "\(path)/maps/\(name)"
        do throws(SandboxError) {
            try MapDirectory.prepare(place)
            return (try MapDirectory(place), name)
        } catch { throw ServiceProblem(.internalError, "maps cannot be kept: \(error)") }
    }

    func removeMaps(_ name: String) { try? FileManager.default.removeItem(atPath: "\(path)/maps/\(name)") }

    /// None where the file is not there. Where it is there and cannot be read, nobody knows whose the objects and maps are: an error.
    func pins() throws(Failure) -> [String: SavedPin] {
        let place = "\(path)/pins.json"
        guard Files.exists(place) else { return [:] }
        do {
            return try JSONDecoder().decode(Pins.self, from: Data(contentsOf: URL(filePath: place))).pins
        } catch {
            throw Failure(
                .internalError, place, "says which programs are pinned, and cannot be read: \(error)",
                remedy: "mend it, or move it away: then nothing is pinned, and what was is removed")
        }
    }

    func save(_ pins: [String: SavedPin]) throws(ServiceProblem) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try Files.replace("\(path)/pins.json", with: Array(try encoder.encode(Pins(pins: pins))))
        } catch { throw ServiceProblem(.internalError, "pins cannot be written down: \(error)") }
    }

    /// What programs left behind that were not pinned when the service ended.
    func removeWhatNobodyUses(objects: Set<String>, maps: Set<String>) {
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: "\(path)/objects")) ?? [] {
            guard name.hasSuffix(".o"), !objects.contains(String(name.dropLast(2))) else { continue }
            try? manager.removeItem(atPath: "\(path)/objects/\(name)")
        }
        for name in (try? manager.contentsOfDirectory(atPath: "\(path)/maps")) ?? [] where !maps.contains(name) {
            removeMaps(name)
        }
    }
}
