internal import CommandSupport
internal import Linux
internal import Sandbox

/// A recording on its way to its file.
final class RecordingFile {
    private let recorder: EventRecorder
    private let file: StreamedFile
    private let path: String

    /// What is kept back until there is more of it.
    private static let block = 1 << 18

    init(_ path: String, limit: UInt64) throws(Failure) {
        self.path = path
        recorder = EventRecorder(limit: limit)
        file = try StreamedFile(path)
    }

    /// What a sandbox that is recorded needs beyond its options: random numbers that can be had again.
    static func prepare(_ options: inout SandboxOptions) throws(Failure) {
        do throws(SystemError) { options.seed = try randomNumber() } catch {
            throw Failure(.internalError, "the kernel's random numbers", error.description)
        }
    }

    /// Adds a program whose sandbox has decided nothing yet.
    func add(_ loaded: LoadedObject, path object: String, of sandbox: borrowing Sandbox) throws(Failure) -> Recorded {
        guard let number = recorder.add(loaded.source, path: object, of: sandbox) else {
            throw Failure(
                .badInput, path, "has no room for \(object) and what its maps hold",
                remedy: "--record-limit says how many bytes it may have, at most 1 GiB")
        }
        return Recorded(file: self, recorder: recorder, number: number)
    }

    func drain() throws(Failure) {
        guard let bytes = recorder.takePending(atLeast: Self.block) else { return }
        try file.append(bytes)
    }

    /// Ends the recording; the sandboxes have been closed.
    func finish() throws(Failure) {
        recorder.finish()
        if let bytes = recorder.takePending() { try file.append(bytes) }
        try file.finish()
        guard recorder.isFull else { return }
        StandardError.write(
            "\(Printable.text(path, limit: 400)): full after \(recorder.recorded) events; what came later is not in it\n"
        )
    }

    /// The same, for who has something else to say at the end too.
    func finishOrComplain() {
        do throws(Failure) { try finish() } catch { StandardError.write(error.text(for: .standardError)) }
    }
}

/// One program of a recording.
struct Recorded {
    fileprivate let file: RecordingFile
    let recorder: EventRecorder
    let number: Int

    /// Has the program decide, and writes down what came of it. Its records and lines are to be taken before the next event.
    func decide(
        _ event: Event, into changed: UnsafeMutableRawBufferPointer, context: inout [UInt8], time: UInt64,
        by sandbox: inout Sandbox
    ) throws(SandboxError) -> EventResult {
        // SAFETY: the caller keeps the buffer through the call.
        unsafe try recorder.decide(event, into: changed, context: &context, time: time, by: &sandbox, number: number)
    }

    func drain() throws(Failure) { try file.drain() }

    func close(_ sandbox: borrowing Sandbox) { recorder.close(sandbox, number: number) }
}

/// What a run needs to record itself.
struct RecordedRun {
    let file: RecordingFile
    let loaded: LoadedObject
    /// Where the object was.
    let object: String
}
