internal import CommandSupport
internal import Confinement
internal import FoundationEssentials
internal import Linux
internal import PolicyCore
internal import Sandbox

/// What a running command says of itself once: which programs it has, and where.
struct LiveDescription: Codable {
    struct Program: Codable {
        let program: String
        let object: String
        /// Where its events come from.
        let hook: String
        /// The names of its verdicts, in the order of the counters.
        let verdicts: [String]
        /// The package with the types of what it hands out: bytes behind the description.
        let packageBytes: Int
    }

    let process: Int32
    let command: String
    /// Interfaces, or the command that is supervised.
    let place: String
    let startedNanoseconds: UInt64
    let programs: [Program]

    private static let lengthBytes = 8

    /// The description, its own length before it, and the packages behind it.
    func bytes(packages: [[UInt8]]) throws -> [UInt8] {
        let text = Array(try JSONEncoder().encode(self))
        var bytes: [UInt8] = []
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: text.count >> shift))
        }
        return bytes + text + packages.flatMap { $0 }
    }

    /// Nil where that is none: a file that another version wrote, or nobody of ours.
    static func read(_ bytes: [UInt8]) -> (description: LiveDescription, packages: [[UInt8]])? {
        guard bytes.count >= lengthBytes else { return nil }
        let length = bytes.prefix(lengthBytes).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - lengthBytes) else { return nil }
        let text = bytes[lengthBytes..<lengthBytes + Int(length)]
        guard let description = try? JSONDecoder().decode(LiveDescription.self, from: Data(text)),
            description.programs.count <= LiveForm.programs
        else { return nil }
        var packages: [[UInt8]] = []
        var start = text.endIndex
        for program in description.programs {
            guard program.packageBytes >= 0, program.packageBytes <= bytes.count - start else { return nil }
            packages.append(Array(bytes[start..<start + program.packageBytes]))
            start += program.packageBytes
        }
        return (description, packages)
    }
}

/// Where running commands show themselves.
enum LivePlace {
    /// Root's, or that of the user's session; nil where there is none.
    static var usual: String? {
        if effectiveUser == 0 { return "/run/ringfence" }
        return environment()["XDG_RUNTIME_DIR"].map { "\($0)/ringfence" }
    }

    /// Shows this process, where that can be: who cannot be looked at works all the same, unless it was asked for.
    static func board(in asked: String?) throws(Failure) -> LiveBoard? {
        guard let directory = asked ?? usual else { return nil }
        // Files of dead commands go.
        _ = LiveView.all(in: directory)
        do throws(SystemError) { return try LiveBoard(in: directory, name: "\(currentProcess())") } catch {
            guard asked != nil else { return nil }
            throw .file(directory, error.description)
        }
    }
}
