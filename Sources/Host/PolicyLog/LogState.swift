internal import Linux
internal import PolicyCore

/// Where a log stood at its last checkpoint, and the seal of the next: kept apart from the log, for its owner alone, and replaced as a whole.
/// A log that does not go on from here was tampered with.
struct LogState: Equatable, Sendable {
    var log: LogID
    /// Files are numbered from 1; this one is being written.
    var file: UInt64 = 1
    /// Of the next record after the checkpoint.
    var sequence: UInt64 = 0
    var head = LogChain.root
    /// Where that record begins; 0 where the file has no checkpoint yet.
    var offset: UInt64 = 0
    /// The policies in force at the checkpoint; nil where there were none.
    var snapshot: ContentDigest?
    /// Of the next checkpoint.
    var seal: EpochKey

    static let name = "log-state"
    static let firstSealName = "log-seal"
    static let saltName = "log-salt"

    var text: [UInt8] {
        let snapshot = snapshot.map { "\($0)" } ?? "-"
        return Array("ringfence-log-state/v1\n\(log) \(file) \(sequence) \(head) \(offset) \(snapshot)\n".utf8)
            + seal.text
    }

    init(log: LogID, seal: EpochKey) {
        self.log = log
        self.seal = seal
    }

    init(text: [UInt8]) throws(LogError) {
        let lines = text.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0].elementsEqual("ringfence-log-state/v1".utf8) else { throw .stateMalformed }
        let words = lines[1].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 6, let log = LogID(hexadecimal: words[0]), let file = UInt64(words[1]),
            let sequence = UInt64(words[2]), let head = ContentDigest(hexadecimal: words[3]),
            let offset = UInt64(words[4]), let seal = EpochKey(text: Array(lines[2])), file > 0
        else { throw .stateMalformed }
        self.init(log: log, seal: seal)
        (self.file, self.sequence, self.head, self.offset) = (file, sequence, head, offset)
        guard words[5] != "-" else { return }
        guard let snapshot = ContentDigest(hexadecimal: words[5]) else { throw .stateMalformed }
        self.snapshot = snapshot
    }

    /// Nil where the directory has none.
    static func read(from directory: borrowing Directory) throws(LogError) -> LogState? {
        let text: [UInt8]
        do throws(SystemError) {
            text = try Linux.read(try directory.open(name, .read), limit: 1024)
        } catch {
            guard error.code == SystemError.noSuchFile else { throw .system(error) }
            return nil
        }
        return try LogState(text: text)
    }

    func save(in directory: borrowing Directory) throws(LogError) {
        do throws(SystemError) {
            try directory.replace(Self.name, with: text)
        } catch {
            throw .system(error)
        }
    }
}
