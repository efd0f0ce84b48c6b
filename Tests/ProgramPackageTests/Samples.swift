import Bytecode
import ObjectFile
import TestSupport

@testable import ProgramPackage

/// Packages that several tests take apart.
enum Sample {
    /// From a real object: two programs that share a function, three kinds of maps, source lines.
    static func real() throws -> ObjectPackage {
        try ObjectReader.read(
            BPFCompiler.object(
                """
                #define SEC(name) __attribute__((section(name), used))
                #define __uint(name, val) int (*name)[val]
                static void *(*lookup)(void *map, const void *key) = (void *)1;
                struct { __uint(type, 1); __uint(key_size, 4); __uint(value_size, 8); __uint(max_entries, 9); } table SEC(".maps");
                static int hits = 4;
                const volatile int limit = 7;
                static __attribute__((noinline)) int sub(int x) { return x * limit + hits++; }
                SEC("xdp") int p(int *context) { int key = 2; return lookup(&table, &key) ? sub(*context) : 1; }
                SEC("socket") int q(int *context) { return sub(3); }
                char licence[] SEC("license") = "GPL";
                """))
    }

    /// What only some packages have, one of each.
    static let unusual = ObjectPackage(
        maps: [
            MapDefinition(
                name: "inner", type: 2, keySize: 4, valueSize: 24, maximumEntries: 2, spinLockOffset: 0,
                timerOffset: 8),
            MapDefinition(
                name: "outer", type: 12, keySize: 4, valueSize: 4, maximumEntries: 5, innerMap: 2,
                slots: [MapSlot(index: 1, target: .map(0)), MapSlot(index: 4, target: .map(0))]),
            MapDefinition(
                name: "pattern", type: 2, keySize: 4, valueSize: 24, maximumEntries: 2, isTemplate: true,
                spinLockOffset: 0, timerOffset: 8),
            MapDefinition(
                name: "jumps", type: 3, keySize: 4, valueSize: 4, maximumEntries: 3,
                slots: [MapSlot(index: 0, target: .program("p")), MapSlot(index: 2, target: .program("lost"))]),
        ],
        programs: [
            Program(
                name: "p", section: "xdp",
                code: [
                    Slot(opcode: 0x18, destination: 1, source: 1, offset: 0, immediate: 1),
                    Slot(opcode: 0, registers: 0, offset: 0, immediate: 0),
                    Slot(opcode: 0x18, destination: 1, source: 1, offset: 0, immediate: 3),
                    Slot(opcode: 0, registers: 0, offset: 0, immediate: 0),
                    Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
                ], needsRelocation: ["task", "file"])
        ],
        omitted: [OmittedProgram(name: "lost", section: "tc", reason: "no such symbol")])

    /// The least that has one of everything usual.
    static let small = ObjectPackage(
        licence: "GPL", sections: [SectionSummary(name: "xdp", size: 40, isExecutable: true)],
        maps: [
            MapDefinition(name: "m", type: 1, keySize: 4, valueSize: 8, maximumEntries: 2),
            MapDefinition(
                name: ".data", type: 2, keySize: 4, valueSize: 3, maximumEntries: 1, initialValue: [1, 2, 3]),
        ],
        programs: [
            Program(
                name: "p", section: "xdp",
                code: [
                    Slot(opcode: 0x18, destination: 1, source: 1, offset: 0, immediate: 0),
                    Slot(opcode: 0, registers: 0, offset: 0, immediate: 0),
                    Slot(opcode: 0x18, destination: 2, source: 2, offset: 0, immediate: 1),
                    Slot(opcode: 0, registers: 0, offset: 0, immediate: 2),
                    Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
                ],
                functions: [FunctionRange(name: "p", start: 0)],
                lines: [LineInfo(instruction: 0, file: "a.c", line: 3, column: 1, text: "\treturn 0;")])
        ], hasBTF: true)
}
