import Bytecode
import CommandSupport
import ProgramPackage
import Testing

@testable import Commands

/// An object that inspect and disassemble show.
enum ShownObject {
    static let package = ObjectPackage(
        licence: "GPL", sections: [SectionSummary(name: "xdp", size: 56, isExecutable: true)],
        maps: [
            MapDefinition(name: "counts", type: 2, keySize: 4, valueSize: 8, maximumEntries: 4),
            MapDefinition(
                name: ".rodata", type: 2, keySize: 4, valueSize: 3, maximumEntries: 1, flags: 0x80,
                initialValue: [1, 2, 3], isReadOnly: true),
        ],
        programs: [
            Program(
                name: "count", section: "xdp",
                code: [
                    Slot(opcode: 0x18, destination: 1, source: 1, offset: 0, immediate: 0),
                    Slot(opcode: 0, registers: 0, offset: 0, immediate: 0),
                    Slot(opcode: 0x18, destination: 2, source: 2, offset: 0, immediate: 1),
                    Slot(opcode: 0, registers: 0, offset: 0, immediate: 2),
                    Slot(opcode: 0x85, destination: 0, source: 0, offset: 0, immediate: 1),
                    Slot(opcode: 0x85, destination: 0, source: 1, offset: 0, immediate: 1),
                    Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
                    Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: 7),
                    Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
                ],
                functions: [FunctionRange(name: "count", start: 0), FunctionRange(name: "helper", start: 7)],
                lines: [
                    LineInfo(instruction: 0, file: "a.c", line: 3, column: 1, text: "\tlookup(&counts, &key);"),
                    LineInfo(instruction: 4, file: "a.c", line: 3, column: 9, text: "\tlookup(&counts, &key);"),
                    LineInfo(instruction: 7, file: "a.c", line: 9, column: 1, text: "\treturn 7;"),
                ]),
            Program(name: "broken", section: "odd", code: [Slot(opcode: 0xFF, registers: 0, offset: 0, immediate: 0)]),
        ], hasBTF: true, hasLineInfo: true)
}

@Suite("What inspect shows")
struct InspectReportTests {
    private let report = InspectReport(
        ShownObject.package, file: "a.o", fileDigest: "sha256:00", type: { $0 == "xdp" ? "xdp" : nil },
        digest: { "bpf-prog:v1:sha256:of-\($0.name)" })

    @Test("each program has its facts")
    func programs() throws {
        let program = try #require(report.programs.first)
        #expect(program.type == "xdp" && program.slots == 9 && program.instructions == 7)
        #expect(program.helpers == [1] && program.maps == ["counts", ".rodata"])
        #expect(program.functions == ["count", "helper"] && program.sourceLines == 3)
        #expect(program.digest == "bpf-prog:v1:sha256:of-count" && program.problem == nil)
    }

    @Test("a program that does not decode is shown with the reason")
    func refused() {
        #expect(report.programs[1].instructions == nil)
        #expect(report.programs[1].problem?.isEmpty == false)
        #expect(report.text().contains("refused"))
    }

    @Test("the text names programs, maps, sections and digests")
    func text() {
        let text = report.text()
        for part in [
            "a.o", "bpf-prog:v1:sha256:of-count", "array (2)", "read-only, 3 initial bytes, flags 0x80", "xdp", "GPL",
            "count, helper",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains(" \n"))
    }

    @Test("what was left out, needs a kernel's types, or is in a map is shown")
    func unusual() throws {
        var package = ShownObject.package
        package.programs[0].needsRelocation = ["task_struct"]
        package.omitted = [OmittedProgram(name: "lost", section: "tc", reason: "'kfunc' is not defined")]
        package.maps += [
            MapDefinition(
                name: "outer", type: 12, keySize: 4, valueSize: 4, maximumEntries: 2, innerMap: 3,
                slots: [MapSlot(index: 1, target: .map(0))]),
            MapDefinition(
                name: "outer.inner", type: 2, keySize: 4, valueSize: 8, maximumEntries: 4, isTemplate: true,
                spinLockOffset: 4),
        ]
        let report = InspectReport(package, file: "a.o", type: { _ in nil }, digest: { _ in "d" })
        #expect(report.omitted.map(\.name) == ["lost"] && report.programs[0].kernelTypes == ["task_struct"])
        #expect(report.maps[2].slots.map(\.holds) == ["counts"] && report.maps[2].innerMap == "outer.inner")
        let text = report.text()
        for part in [
            "task_struct: does not run without them", "lost", "'kfunc' is not defined", "of maps like outer.inner",
            "1 filled slots", "a pattern only", "lock at 4",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("JSON has the same facts under stable names")
    func json() throws {
        let json = try CommandSupport.json(report)
        for part in ["\"programs\"", "\"digest\"", "\"isReadOnly\"", "\"fileDigest\"", "\"typeName\""] {
            #expect(json.contains(part), "\(part)")
        }
    }
}
