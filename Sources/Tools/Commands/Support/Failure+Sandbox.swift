internal import BytecodeText
internal import CommandSupport
internal import Enclosure
internal import Linux
internal import Maps
internal import PolicyCore
internal import ProgramPackage
internal import Sandbox

extension Failure {
    /// What a user is told when a program does not run.
    init(_ error: SandboxError, about path: String) {
        switch error {
        case .file(let path, let error):
            self.init(.badInput, path, error.description, remedy: "name a regular file that you may read")
        case .enclosure(let error): self.init(error, about: path)
        case .package(let error):
            self.init(
                .trustFailure, path, "the admission jail's package does not hold together: \(error)",
                remedy: "the object may have taken its reader over; keep it, and report it as SECURITY.md says")
        case .verification(let error):
            self.init(
                .trustFailure, path, "the verification jail's answer does not hold together: \(error)",
                remedy: "the object may have taken the verifier over; keep it, and report it as SECURITY.md says")
        case .foreignDecision(let program):
            self.init(.internalError, path, "the decision is about another program than \(program)")
        case .noSuchProgram(let wanted, let available):
            self.init(
                .badInput, path, "has no program \(wanted)",
                remedy: available.isEmpty
                    ? "give a function a section: SEC(\"xdp\")" : "it has: \(available.joined(separator: ", "))")
        case .ambiguousProgram(let available):
            self.init(
                .badInput, path, "has \(available.count) programs",
                remedy: "choose one with --program or --section: \(available.joined(separator: ", "))")
        case .programOmitted(let program, let reason):
            self.init(.badInput, path, "program \(program) cannot be linked: \(reason)")
        case .needsRelocation(let program, let types):
            self.init(
                .badInput, path,
                "program \(program) needs the layout of a kernel's types (CO-RE): \(types.joined(separator: ", "))",
                remedy: "there is no kernel here; give types to fit by --btf, or compile it against types of its own")
        case .decode(let program, let error): self.init(.badInput, path, "program \(program): \(error)")
        case .typesDiffer(let program, let section, let other, let otherSection):
            self.init(
                .badInput, path,
                "program \(program) (section \(section)) can go on in \(other) (section \(otherSection)), which is of another type",
                remedy: "a tail call leads to programs of the caller's type; put each in an array of its own")
        case .facts(let program, let error): self.init(.badInput, path, "program \(program): \(error)")
        case .unsupportedSection(let program, let section) where section.hasPrefix("freplace"):
            self.init(
                .badInput, path, "program \(program) replaces a function of another program (\(section))",
                remedy:
                    "here a program is proven, and named by its digest, as a whole: compile the function into the other's object"
            )
        case .unsupportedSection(let program, let section):
            self.init(
                .badInput, path, "program \(program) is in section \(section), to which no events are delivered",
                remedy: "events are delivered to: \(EventLayout.sections.joined(separator: ", "))")
        case .helpersNotOffered(let program, let helpers):
            self.init(
                .badInput, path,
                "program \(program) calls what a cell does not have: "
                    + helpers.map { "\($0.name) (\($0.reason ?? "no such helper"))" }.joined(separator: ", "),
                remedy: "ringfence inspect shows what it calls; leave the calls out, or guard them by a constant")
        case .map(let name, let error): self.init(.badInput, path, "map \(name): \(error)")
        case .mapAccess(let name, let error): self.init(.internalError, path, "map \(name): \(error)")
        case .mapDirectory(let error): self.init(.badInput, path, error.description, remedy: error.remedy)
        case .mapsTooLarge(let bytes, let limit):
            self.init(.badInput, path, "its maps take \(bytes) bytes", remedy: "at most \(limit) bytes fit a cell")
        case .noSuchMap(let wanted, let available):
            self.init(
                .badInput, path, "has no map \(wanted)",
                remedy: available.isEmpty ? nil : "it has: \(available.joined(separator: ", "))")
        case .noSuchSlot(let map, let index, let entries):
            self.init(
                .badInput, path, "map \(map) has no slot \(index) for a program",
                remedy: entries == 0 ? "it is no array of programs" : "it has \(entries)")
        case .noSuchDeviceSlot(let map, let key, let entries):
            self.init(
                .badInput, path, "map \(map) has no room for an interface under \(key)",
                remedy: entries == 0 ? "it is no map of devices (devmap, devmap_hash)" : "it has room for \(entries)")
        case .payloadTooLarge(let bytes, let limit):
            self.init(
                .badInput, path, "the capture has a packet of \(bytes) bytes, and an event holds \(limit)",
                remedy: "cut the packets: editcap -s \(limit) IN OUT")
        case .geometry(let error): self.init(.badInput, path, "a packet does not fit any event slot: \(error)")
        case .region(let error): self.init(.badInput, path, "the program is too long for a cell: \(error)")
        case .denied(let decision): self.init(.denied, path, decision.reason)
        case .ticket(let error):
            self.init(.denied, path, "\(error)", remedy: "start it again: each start is decided about")
        case .notProven(let program, let tier):
            self.init(
                .denied, path,
                "\(program) was to run in \(tier), and machine code checks nothing at run time: only what is proven is compiled",
                remedy: "ask for an interp tier with --tier, or fix what ringfence verify says")
        case .compiled(let error):
            self.init(
                .trustFailure, path, "what the compilation jail answered is no code of this program: \(error)",
                remedy: "nothing else was touched; do not trust this file")
        case .foreignCode(let tier):
            self.init(.internalError, path, "the code that came along is not what \(tier) runs for this program")
        case .image(let error): self.init(.internalError, path, "the image of this build: \(error)")
        case .wrongEnclosure(let decided):
            self.init(.internalError, path, "was to run in \(decided), and the spawner starts cells of another kind")
        case .system(let error): self.init(.internalError, path, error.description)
        case .quarantined(let failures, let last):
            self.init(
                .internalError, path, "\(failures) cells died one after the other, the last: \(last)",
                remedy: "the program is given up; the report above says where each of them was")
        }
    }

    init(_ error: EnclosureError, about subject: String = "") {
        switch error {
        case .helperMissing(let path):
            self.init(
                .internalError, path, "is not there, or ended before it was confined",
                remedy: "it is built with ringfence and lies beside it; ringfence doctor says what a jail needs")
        case .spawner(let problem): self.init(.internalError, subject, "the spawner: \(problem)")
        case .system(let error): self.init(.internalError, subject, error.description)
        case .admissionDied(let status):
            self.init(
                .badInput, subject, "killed the jail that read it (\(Self.text(ofStatus: status)))",
                remedy: "nothing else was touched; do not trust this file")
        case .admissionAnswer(let status, let length, let limit):
            self.init(
                .trustFailure, subject,
                "the jail that read it answered nonsense (status \(status), \(length) bytes, limit \(limit))",
                remedy: "nothing else was touched; do not trust this file")
        case .verificationDied(let status):
            self.init(
                .internalError, subject, "the verifier broke over it (\(Self.text(ofStatus: status)))",
                remedy:
                    "nothing else was touched, and it does not run; keep the file, and report it as SECURITY.md says")
        case .verificationOutOfTime(let limits):
            self.init(
                .badInput, subject, "the verifier was ended after \(limits.wallMilliseconds) ms",
                remedy: "give it more with --budget, or split the program")
        case .verificationAnswer(let status, let length, let limit):
            self.init(
                .trustFailure, subject,
                "the verification jail answered nonsense (status \(status), \(length) bytes, limit \(limit))",
                remedy: "nothing else was touched; do not trust this file")
        case .verificationRefused(let sentence):
            self.init(
                .internalError, subject, "the verifier could not read the package: \(sentence)",
                remedy: "report it as SECURITY.md says")
        case .compilationDied(let status, let isLate):
            self.init(
                .internalError, subject,
                "the compiler \(isLate ? "did not come to an end" : "broke") over it (\(Self.text(ofStatus: status)))",
                remedy: "nothing else was touched; ask for an interp tier, and report it as SECURITY.md says")
        case .compilationAnswer(let status, let length, let limit):
            self.init(
                .trustFailure, subject,
                "the compilation jail answered nonsense (status \(status), \(length) bytes, limit \(limit))",
                remedy: "nothing else was touched; do not trust this file")
        case .compilationRefused(let sentence):
            self.init(
                .badInput, subject, "cannot be compiled: \(sentence)", remedy: "ask for an interp tier with --tier")
        case .objectRefused(let sentence): self.init(.badInput, subject, sentence)
        case .cell(let failure): self.init(.internalError, subject, "the cell did not come up: \(failure)")
        }
    }

    /// A wait status in words (waitpid(2)).
    private static func text(ofStatus status: Int32) -> String {
        let signal = status & 0x7F
        guard signal != 0 else { return "exit status \(status >> 8 & 0xFF)" }
        return signal == 31 ? "SIGSYS: a system call that its filter refuses" : "signal \(signal)"
    }
}
