import Foundation
import TestSupport
import Testing

/// The plugin as the public conformance runner calls it.
@Suite("Conformance plugin")
struct ConformancePluginTests {
    static let engines = [
        ["--engine", "host-interpreter"], ["--tier", "interp-guest"], ["--tier", "interp-child"],
        ["--tier", "jit-guest"], ["--tier", "jit-child"],
    ].filter { KVM.isUsable || !$0[1].hasSuffix("guest") }

    /// Those that check every access. Native code checks none: what lies above the stack is the cell's own memory.
    static let checking = engines.filter { !$0[1].hasPrefix("jit") }

    private func run(_ arguments: [String], input: String? = nil) throws -> Tool.Ending {
        guard let input else { return try Tool.run("ringfence-conformance", arguments) }
        let output = Pipe(), errors = Pipe(), standardInput = Pipe()
        let process = Tool.process("ringfence-conformance", arguments, output, errors)
        process.standardInput = standardInput
        try process.run()
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Tool.Ending(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaints, as: UTF8.self))
    }

    @Test("R0 is printed in hex, and nothing else", arguments: engines)
    func result(engine: [String]) throws {
        // r0 = -1; exit
        let ending = try run(engine, input: "b7  00  00  00  ff  ff  ff  ff  95  00  00  00  00  00  00  00  \n")
        #expect(ending.status == 0)
        #expect(ending.output == "ffffffffffffffff\n")
    }

    @Test("memory is the first argument, R1 its address and R2 its length", arguments: engines)
    func memory(engine: [String]) throws {
        // r0 = *(u8 *)(r1 + 1); r0 += r2; exit
        let program = "71 10 01 00 00 00 00 00 0f 20 00 00 00 00 00 00 95 00 00 00 00 00 00 00"
        let ending = try run(["aa  bb  cc  "] + engine + ["--program", program])
        #expect(ending.output == "be\n")
        let empty = try run(["", "--program", "bf 10 00 00 00 00 00 00 95 00 00 00 00 00 00 00"] + engine)
        #expect(empty.output == "0\n")
    }

    @Test("helper 5 returns its first argument", arguments: engines)
    func helper(engine: [String]) throws {
        // r1 = 7; call 5; exit
        let program = "b7 01 00 00 07 00 00 00 85 00 00 00 05 00 00 00 95 00 00 00 00 00 00 00"
        #expect(try run(engine + ["--program", program]).output == "7\n")
    }

    @Test("an ELF object comes in hex after --elf", arguments: engines)
    func object(engine: [String]) throws {
        let object = try BPFCompiler.object("int entry(void *memory, int length) { return 42; }\n")
        let hex = object.map { String(format: "%02x", $0) }.joined(separator: "  ")
        let ending = try run(engine + ["--elf"], input: hex + "\n")
        #expect(ending.output == "2a\n", "\(ending.errors)")
    }

    @Test(
        "what is malformed is refused with a named error",
        arguments: [
            ("8d 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00", "callx"),
            ("20 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00", "legacy packet access"),
            ("b7 00 01 00 00 00 00 00 95 00 00 00 00 00 00 00", "offset"),
            ("b7 0b 00 00 00 00 00 00 95 00 00 00 00 00 00 00", "register"),
            ("05 00 07 00 00 00 00 00 95 00 00 00 00 00 00 00", "jump"),
            ("b7 00 00 00 00 00 00 00", "end"),
        ])
    func refusal(program: String, word: String) throws {
        let ending = try run(["--engine", "host-interpreter", "--program", program])
        #expect(ending.status == 1)
        #expect(ending.output.isEmpty)
        #expect(ending.errors.lowercased().contains(word), "\(ending.errors)")
    }

    @Test("a fault is a named error", arguments: checking)
    func fault(engine: [String]) throws {
        // r0 = *(u64 *)(r10 + 8): above the stack
        let ending = try run(engine + ["--program", "79 a0 08 00 00 00 00 00 95 00 00 00 00 00 00 00"])
        #expect(ending.status == 1)
        #expect(ending.errors.contains("outOfBoundsRead") || ending.errors.contains("read of 8 bytes"))
    }
}
