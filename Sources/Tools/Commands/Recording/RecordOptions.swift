internal import ArgumentParser
internal import CommandSupport

/// Whether what is decided is written down, and where.
struct RecordOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write every event and what was decided to this file, for ringfence replay. Events are then decided about one at a time.",
            valueName: "file"))
    var record: String?

    @Option(
        help: ArgumentHelp(
            "Bytes that the recording may have; it ends there, and the programs go on.", valueName: "bytes"))
    var recordLimit: UInt64 = 1 << 30

    func validate() throws {
        guard recordLimit >= 1 << 16, recordLimit <= 1 << 30 else {
            throw ValidationError("--record-limit takes 65,536 to 1,073,741,824")
        }
    }

    /// Where files have to be written after this process is locked down.
    var directories: [String] { record.map { [Files.directory(of: $0)] } ?? [] }

    /// Begins the file, if one is wanted.
    func begin() throws(Failure) -> RecordingFile? {
        guard let record else { return nil }
        return try RecordingFile(record, limit: recordLimit)
    }
}
