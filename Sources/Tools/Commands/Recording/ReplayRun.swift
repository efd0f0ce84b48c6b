internal import CommandSupport
internal import Linux
internal import Sandbox

/// Goes over a recording and has each event decided again, until something differs.
struct ReplayRun {
    private let bytes: [UInt8]
    private let file: String
    private let programs: [ReplayedProgram]
    private let takesCut: Bool

    struct Result {
        var events: UInt64 = 0
        var nanoseconds: UInt64 = 0
        /// Which event, counted from 1, of which program; for maps the last one that was decided.
        var difference: (event: UInt64, program: Int, what: ReplayDifference)?
    }

    init(_ bytes: [UInt8], _ file: String, _ programs: [ReplayedProgram], takesCut: Bool) {
        self.bytes = bytes
        self.file = file
        self.programs = programs
        self.takesCut = takesCut
    }

    func perform() throws(Failure) -> Result {
        let started = monotonicNanoseconds()
        var result = Result()
        do throws(ReplayError) {
            var reader = try reader()
            while result.difference == nil, let frame = try next(&reader) {
                switch frame {
                case .program, .end: break
                case .maps(let maps):
                    if let what = try programs[maps.program].apply(maps, of: bytes.span) {
                        result.difference = (result.events, maps.program, what)
                    }
                case .event(let event):
                    result.events += 1
                    if let what = try programs[event.program].replay(event, number: result.events) {
                        result.difference = (result.events, event.program, what)
                    }
                }
            }
        } catch {
            switch error {
            case .recording(let error): throw Failure(file, error)
            case .sandbox(let error): throw Failure(error, about: file)
            }
        }
        result.nanoseconds = monotonicNanoseconds() - started
        return result
    }

    private func reader() throws(ReplayError) -> RecordingReader {
        do throws(RecordingError) { return try RecordingReader(bytes.span, takesCut: takesCut) } catch {
            throw .recording(error)
        }
    }

    private func next(_ reader: inout RecordingReader) throws(ReplayError) -> RecordingFrame? {
        do throws(RecordingError) { return try reader.next(in: bytes.span) } catch { throw .recording(error) }
    }
}
