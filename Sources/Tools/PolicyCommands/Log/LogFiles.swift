internal import ArgumentParser
internal import Linux
internal import PolicyCore
internal import PolicyLog
internal import PolicyTrust

/// Why a command about a log ends without its result. What is quoted from files in it is printable.
struct LogFailure: Error, CustomStringConvertible {
    let description: String

    init(_ file: String, _ problem: String) { description = "\(printable(file)): \(printable(problem))" }
}

/// What of a log's proofs is to be checked.
struct ProofOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The host's public key: check the signatures. May be given again.", valueName: "key"))
    var trust: [String] = []

    @Option(help: ArgumentHelp("The log's first seal (log-seal): check each epoch's seal.", valueName: "file"))
    var seal: String?

    @Option(
        help: ArgumentHelp(
            "A record's number and the head before it, as a checkpoint's \"seq\" and \"prev\" say: check that the log has it.",
            valueName: "seq:head"))
    var head: [String] = []

    func verifier() throws -> LogVerifier {
        var keys: [VerificationKey] = []
        for path in trust {
            let bytes = try LogFiles.read(path, limit: KeyFiles.maximumBytes)
            do throws(TrustError) {
                keys.append(try KeyFiles.readPublicKey(bytes).key)
            } catch {
                throw LogFailure(path, "\(error)")
            }
        }
        var first: EpochKey?
        if let seal {
            guard let key = EpochKey(text: try LogFiles.read(seal, limit: 1024)) else {
                throw LogFailure(seal, "not a log's seal")
            }
            first = key
        }
        return LogVerifier(trusted: keys, firstSeal: first, exported: try head.map(Self.position))
    }

    private static func position(_ text: String) throws -> LogPosition {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let sequence = UInt64(parts[0]), let head = ContentDigest(hexadecimal: parts[1]) else {
            throw ValidationError("--head \(printable(text)): write the record's number, ':' and 64 hexadecimal digits")
        }
        return LogPosition(sequence: sequence, head: head)
    }
}

enum LogFiles {
    /// A regular file, not reached through a link.
    static func open(_ path: String) throws -> FileDescriptor {
        let (folder, name) = split(path)
        do throws(SystemError) {
            return try Directory(folder).open(name, .read)
        } catch {
            throw LogFailure(path, "\(error)")
        }
    }

    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let file = try open(path)
        do throws(SystemError) {
            return try Linux.read(file, limit: limit)
        } catch {
            throw LogFailure(path, "\(error)")
        }
    }

    static func split(_ path: String) -> (folder: String, name: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return (".", path) }
        let folder = parts.dropLast().joined(separator: "/")
        return (folder.isEmpty ? "/" : folder, String(parts.last ?? ""))
    }

    /// Every line of a log's files, oldest first, checked as they are given.
    static func forEachLine(
        of paths: [String], _ body: (_ path: String, LineReader.Line) throws -> Void
    ) throws {
        for path in paths {
            var reader = LineReader(try open(path))
            while true {
                let line: LineReader.Line?
                do throws(SystemError) {
                    line = try reader.next()
                } catch {
                    throw LogFailure(path, "\(error)")
                }
                guard let line else { break }
                try body(path, line)
                if case .unfinished = line { break }
            }
        }
    }
}

/// Text of a log, without what a terminal would act on.
func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? $0 : "?" }))
}
